//! The manual pages, one for each command. The example `man_pages` writes them, for archives and
//! for those who package `kore`; they are no part of the binary.

use std::io::Write as _;

use clap::builder::Resettable;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::args::Args;

/// Where a block of the text behind the arguments belongs, by its first words, in the order of a page.
const SECTIONS: [(&str, &str); 5] = [
    ("Environment", "ENVIRONMENT"),
    ("Configuration file", "FILES"),
    OTHERS,
    ("Exit codes", "EXIT STATUS"),
    ("Example", "EXAMPLES"),
];

const OTHERS: (&str, &str) = ("", "DETAILS");

/// The manual pages of `kore` and of each of its commands: the name of the file, such as
/// `kore-import-watch.1`, and its text in roff, which is ASCII.
///
/// ```
/// let pages = kore_cli::man_pages();
/// assert!(pages.iter().any(|(file, text)| file == "kore.1" && text.contains(".SH SYNOPSIS")));
/// ```
pub fn man_pages() -> Vec<(String, String)> {
    let mut kore = Args::command().disable_help_subcommand(true);
    kore.build();
    let mut pages = Vec::new();
    add(&kore, &[], &mut pages);
    pages
}

fn add(command: &Command, above: &[String], pages: &mut Vec<(String, String)>) {
    let after_help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let man = Man::new(command.clone().after_help(Resettable::Reset).version(Resettable::Reset))
        .source(concat!("kore ", env!("CARGO_PKG_VERSION")))
        .manual("kore");
    let mut text = Vec::new();
    let in_memory = "memory takes it";
    man.render(&mut text).expect(in_memory);
    text.write_all(rest(&after_help, above).render().as_bytes()).expect(in_memory);
    pages.push((man.get_filename(), ascii(&String::from_utf8_lossy(&text))));

    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let above = [above, &[name.to_owned()]].concat();
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        add(command, &above, pages);
    }
}

/// What `--help` says behind the arguments, in the sections of a manual page, and the pages above.
fn rest(after_help: &str, above: &[String]) -> Roff {
    let mut roff = Roff::new();
    let starts = |block: &str, section: &(&str, &str)| section != &OTHERS && block.starts_with(section.0);
    let section_of =
        |block: &str| SECTIONS.into_iter().find(|section| starts(block, section)).unwrap_or(OTHERS);
    for section in SECTIONS {
        let mut blocks = after_help.split("\n\n").filter(|block| section_of(block) == section).peekable();
        if blocks.peek().is_some() {
            roff.control("SH", [section.1]);
            blocks.for_each(|block| paragraphs(block, section.0, &mut roff));
        }
    }
    if !above.is_empty() {
        roff.control("SH", ["SEE ALSO"]);
        let last = above.len() - 1;
        for (at, name) in above.iter().enumerate() {
            roff.text([bold(name.as_str()), roman(if at < last { "(1)," } else { "(1)" })]);
        }
    }
    roff
}

/// Lines at the margin are prose, and are filled; indented ones stay as they are.
fn paragraphs(block: &str, heading: &str, roff: &mut Roff) {
    let is_heading =
        |line: &str| !heading.is_empty() && [":", "s:"].iter().any(|end| line == format!("{heading}{end}"));
    let is_indented = |line: &&str| line.starts_with(' ');
    let lines = block.lines().filter(|line| !is_heading(line)).collect::<Vec<_>>();
    for lines in lines.chunk_by(|one, next| is_indented(one) == is_indented(next)) {
        let stay = lines.first().is_some_and(is_indented);
        roff.control("PP", []);
        if stay {
            roff.control("nf", []);
        }
        for line in lines {
            roff.text([roman(*line)]);
        }
        if stay {
            roff.control("fi", []);
        }
    }
}

/// Old readers of manual pages know no UTF-8.
fn ascii(text: &str) -> String {
    let escaped = |char: char| match char.is_ascii() {
        true => char.to_string(),
        false => format!("\\[u{:04X}]", u32::from(char)),
    };
    text.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(file: &str) -> String {
        let page = man_pages().into_iter().find(|(name, _)| name == file);
        page.unwrap_or_else(|| panic!("no {file}")).1
    }

    #[test]
    fn each_command_that_is_shown_has_a_page_and_each_reference_leads_to_one() {
        fn count(command: &Command) -> usize {
            1 + command.get_subcommands().filter(|command| !command.is_hide_set()).map(count).sum::<usize>()
        }
        let pages = man_pages();
        assert_eq!(pages.len(), count(&Args::command()));
        for (file, text) in &pages {
            assert!(text.is_ascii(), "{file}");
            let references = text.split_whitespace().filter_map(|word| word.split_once("(1)"));
            for (name, _) in references.filter(|(name, _)| name.contains("kore")) {
                let name = name.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "");
                assert!(pages.iter().any(|(file, _)| *file == format!("{name}.1")), "{file}: {name}");
            }
        }
    }

    #[test]
    fn a_hidden_flag_or_command_is_on_no_page() {
        fn hidden(command: &Command, found: &mut Vec<String>) {
            let flags = command.get_arguments().filter(|flag| flag.is_hide_set());
            found.extend(flags.filter_map(|flag| flag.get_long().map(|long| format!("--{long}"))));
            command.get_subcommands().for_each(|command| hidden(command, found));
        }
        let mut flags = Vec::new();
        hidden(&Args::command(), &mut flags);
        for (file, text) in man_pages() {
            for flag in &flags {
                let flag = flag.replace('-', "\\-");
                assert!(!text.split_whitespace().any(|word| word == flag), "{file}: {flag}");
            }
        }
    }

    #[test]
    fn what_help_says_behind_the_arguments_keeps_its_layout() {
        let status = page("kore-import-status.1");
        let codes = status.split_once(".SH \"EXIT STATUS\"").expect("a section").1;
        assert!(codes.contains(".nf\n"), "{codes}");
        assert!(codes.contains("\n  2  the arguments or the settings are wrong\n"), "{codes}");
        assert!(!codes.contains("\nExit codes:\n"), "{codes}");
        assert!(page("kore.1").contains(".SH FILES"));
    }
}
