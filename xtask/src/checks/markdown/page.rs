//! A page for the check of links: the links on it, and the headings that others may link to.

use std::collections::BTreeSet;

use pulldown_cmark::{BrokenLink, Event, LinkType, Options, Parser, Tag, TagEnd};

#[derive(Default)]
pub(super) struct Page {
    pub(super) links: Vec<Link>,
    /// The headings, spelt as the hosts of repositories spell them in links.
    pub(super) anchors: BTreeSet<String>,
}

pub(super) struct Link {
    pub(super) line: usize,
    pub(super) to: String,
}

impl Page {
    pub(super) fn new(text: &str) -> Self {
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let mut missing = Vec::new();
        let on_missing = |link: BrokenLink<'_>| {
            // `[this]` alone may be meant as it stands.
            if link.link_type != LinkType::Shortcut {
                missing.push((link.span.start, link.reference.to_string()));
            }
            None
        };
        let options = Options::ENABLE_TABLES;
        let parser = Parser::new_with_broken_link_callback(text, options, Some(on_missing));
        let (mut page, mut heading) = (Self::default(), None::<String>);
        for (event, range) in parser.into_offset_iter() {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(Link { line: line(range.start), to: dest_url.to_string() });
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    let links = targets(&html).map(|to| Link { line: line(range.start), to: to.to_owned() });
                    page.links.extend(links);
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::End(TagEnd::Heading(_)) => page.anchor(&heading.take().unwrap_or_default()),
                _ => {}
            }
        }
        for (at, reference) in missing {
            // No file has such a name, so it is reported as it should be.
            page.links.push(Link { line: line(at), to: format!("[{reference}]") });
        }
        page
    }

    /// Lower case, blanks as hyphens, no punctuation, and a number behind the second of its name.
    fn anchor(&mut self, heading: &str) {
        let kept = |c: char| c.is_alphanumeric() || [' ', '-', '_'].contains(&c);
        let anchor = heading.trim().to_lowercase().chars().filter(|c| kept(*c)).collect::<String>();
        let anchor = anchor.replace(' ', "-");
        let names = (1..).map(|number| format!("{anchor}-{number}"));
        let mut names = [anchor.clone()].into_iter().chain(names);
        let free = names.find(|name| !self.anchors.contains(name)).expect("numbers do not end");
        self.anchors.insert(free);
    }
}

/// What `href` and `src` of HTML lead to.
fn targets(html: &str) -> impl Iterator<Item = &str> {
    ["href=\"", "src=\""]
        .into_iter()
        .flat_map(move |attribute| html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_spelt_as_in_links() {
        let page = Page::new("# The `kore` command\n## Who may call?\n## A — b\n# Twice\n# Twice\n");
        let anchors = ["a--b", "the-kore-command", "twice", "twice-1", "who-may-call"];
        assert_eq!(page.anchors.iter().collect::<Vec<_>>(), anchors);
    }
}
