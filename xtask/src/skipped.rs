//! What was not checked, said twice: where it happens and at the end.

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
