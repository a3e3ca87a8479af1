//! Colour on a terminal, and none anywhere else.

use std::io::IsTerminal;

/// Paints text, or leaves it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Leaves all text as it is.
    pub fn plain() -> Self {
        Self { on: false }
    }

    /// Paints only where stdout is a terminal and the environment has no `NO_COLOR`.
    pub fn for_stdout() -> Self {
        Self { on: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }

    /// What the eye should find first.
    pub fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What the eye may pass over.
    pub fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    /// Good news.
    pub fn good(self, text: &str) -> String {
        self.with("1;32", text)
    }

    /// Bad news.
    pub fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }

    /// Neither.
    pub fn open(self, text: &str) -> String {
        self.with("1;33", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_has_no_escapes_and_painted_text_ends_its_colour() {
        assert_eq!(Paint::plain().bad("no"), "no");
        assert_eq!(Paint { on: true }.bad("no"), "\x1b[1;31mno\x1b[0m");
    }
}
