//! The checks that were skipped. Each is said where it happens and again at the end, so that nobody
//! takes it for passed.

#[derive(Default)]
pub(crate) struct Skipped {
    lines: Vec<String>,
}

impl Skipped {
    pub(crate) fn add(&mut self, what: &str, because: &str) {
        let line = format!("SKIPPED: {what} because {because}");
        println!("{line}");
        self.lines.push(line);
    }

    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }
}
