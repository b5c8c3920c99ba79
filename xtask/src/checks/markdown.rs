//! Checks the Markdown: each link leads somewhere, and the README stays short and narrow.
//!
//! Links inside the repository are followed, to the file and to the heading. No link is followed over
//! the network: of those only the form is checked.

mod page;

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context;
use cargo_metadata::camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use self::page::{Link, Page};
use super::verdict;
use crate::workspace::Workspace;

/// A welcome, not the manual: that is in docs/.
const README_LINES: usize = 150;

/// What a screen shows without a break.
const README_COLUMNS: usize = 100;

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let root = workspace.root();
    let pages = read(root)?;
    let links: usize = pages.values().map(|page| page.links.len()).sum();
    println!("{} pages with {links} links", pages.len());
    let mut complaints = broken(root, &pages);
    let readme = fs::read_to_string(root.join("README.md")).context("cannot read README.md")?;
    complaints.extend(unwelcoming(&readme));
    verdict(&complaints)
}

/// All pages, by their paths from the root.
fn read(root: &Utf8Path) -> anyhow::Result<BTreeMap<Utf8PathBuf, Page>> {
    let mut folders = vec![root.to_owned()];
    let mut pages = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir_utf8().with_context(|| format!("cannot list {folder}"))? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                if !entry.file_name().starts_with('.') && entry.file_name() != "target" {
                    folders.push(path.to_owned());
                }
            } else if path.extension() == Some("md") {
                let text = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
                pages.insert(path.strip_prefix(root).unwrap_or(path).to_owned(), Page::new(&text));
            }
        }
    }
    Ok(pages)
}

/// The links that lead nowhere, each with its page and line.
fn broken(root: &Utf8Path, pages: &BTreeMap<Utf8PathBuf, Page>) -> Vec<String> {
    let complaint = |path: &Utf8Path, link: &Link| {
        let why = fault(root, pages, path, &link.to).err()?;
        Some(format!("{path}:{}: the link to `{}` {why}", link.line, link.to))
    };
    pages.iter().flat_map(|(path, page)| page.links.iter().filter_map(|link| complaint(path, link))).collect()
}

/// What is wrong with a link that stands in this page.
fn fault(
    root: &Utf8Path,
    pages: &BTreeMap<Utf8PathBuf, Page>,
    from: &Utf8Path,
    to: &str,
) -> Result<(), String> {
    if to.starts_with('[') {
        return Err("leads nowhere: there is no such reference on the page".to_owned());
    }
    if let Some((scheme, rest)) = to.split_once(':') {
        let host = rest.strip_prefix("//").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let is_url = ["http", "https"].contains(&scheme) && !host.is_empty() && !to.contains(' ');
        return is_url.then_some(()).ok_or_else(|| "is not of the form https://host/…".to_owned());
    }
    let (path, heading) = to.split_once('#').map_or((to, None), |(path, heading)| (path, Some(heading)));
    let target = if path.is_empty() {
        from.to_owned()
    } else {
        within(from.parent().unwrap_or(from), path).ok_or("leads out of the repository")?
    };
    if !root.join(&target).exists() {
        return Err(format!("leads nowhere: there is no {target}"));
    }
    let Some(heading) = heading else { return Ok(()) };
    let page = pages.get(&target).ok_or("names a heading of what is not Markdown")?;
    if page.anchors.contains(heading) {
        return Ok(());
    }
    let anchors = Vec::from_iter(page.anchors.iter().map(String::as_str)).join(", ");
    Err(format!("leads nowhere: {target} has the headings {anchors}"))
}

/// A path from the root, if it stays below that.
fn within(folder: &Utf8Path, path: &str) -> Option<Utf8PathBuf> {
    let mut target = folder.to_owned();
    for part in Utf8Path::new(path).components() {
        match part {
            Utf8Component::Normal(name) => target.push(name),
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir if target.pop() => {}
            _ => return None,
        }
    }
    Some(target)
}

fn unwelcoming(readme: &str) -> Vec<String> {
    let lines = readme.lines().count();
    let long = (lines > README_LINES)
        .then(|| format!("README.md: {lines} lines; at most {README_LINES}, the rest belongs in docs/"));
    let wide = readme.lines().zip(1..).filter_map(|(line, number)| {
        let columns = line.chars().count();
        (columns > README_COLUMNS)
            .then(|| format!("README.md:{number}: {columns} columns; at most {README_COLUMNS}"))
    });
    long.into_iter().chain(wide).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The complaints on a repository of these files.
    fn complaints(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(folder.path()).expect("a plain name");
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        broken(root, &read(root).expect("read"))
    }

    #[test]
    fn links_to_files_folders_headings_and_hosts_pass() {
        let readme = "# One\n[a](docs/a.md) [b](docs/a.md#two-words) [c](#one) [d](docs) [e](./src/x.rs)\n\
                      [f](https://example.com/x#y) ![g](docs/g.svg) [h]\n\n[h]: docs/a.md\n";
        let page = "# A\n## Two words\n[up](../README.md#one)\n";
        let files =
            [("README.md", readme), ("docs/a.md", page), ("docs/g.svg", "<svg/>"), ("src/x.rs", "//! X.\n")];
        assert_eq!(complaints(&files), Vec::<String>::new());
    }

    #[test]
    fn each_kind_of_broken_link_is_found_at_its_line() {
        for (link, why) in [
            ("[a](docs/b.md)", "there is no docs/b.md"),
            ("![a](docs/b.svg)", "there is no docs/b.svg"),
            ("[a](docs/a.md#three)", "docs/a.md has the headings a, two"),
            ("[a](#nine)", "README.md has the headings one"),
            ("[a](../README.md)", "leads out of the repository"),
            ("[a](/docs/a.md)", "leads out of the repository"),
            ("[a](x.rs#L3)", "names a heading of what is not Markdown"),
            ("[a](https:///x)", "is not of the form"),
            ("[a](htps://example.com)", "is not of the form"),
            ("[a][nowhere]", "there is no such reference"),
            ("<a href=\"docs/b.md\">a</a>", "there is no docs/b.md"),
        ] {
            let readme = format!("# One\n\n{link}\n");
            let found =
                complaints(&[("README.md", &readme), ("docs/a.md", "# A\n# Two\n"), ("x.rs", "//! X.\n")]);
            assert_eq!(found.len(), 1, "{link}: {found:?}");
            assert!(found[0].starts_with("README.md:3: ") && found[0].contains(why), "{link}: {found:?}");
        }
    }

    #[test]
    fn a_link_in_code_is_no_link() {
        let readme = "`[a](b.md)`\n\n```toml\n[workspace]\n[a](b.md)\n```\n\nas [written] here\n";
        assert_eq!(complaints(&[("README.md", readme)]), Vec::<String>::new());
    }

    #[test]
    fn a_readme_is_short_and_narrow() {
        assert_eq!(unwelcoming(&"ä".repeat(README_COLUMNS)), Vec::<String>::new());
        assert_eq!(unwelcoming(&"ä".repeat(README_COLUMNS + 1)).len(), 1);
        assert_eq!(unwelcoming(&"a\n".repeat(README_LINES)), Vec::<String>::new());
        assert_eq!(unwelcoming(&"a\n".repeat(README_LINES + 1)).len(), 1);
    }
}
