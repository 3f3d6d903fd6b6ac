//! Why an input is refused: where, a stable code, and words in both languages.

/// Why an input was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text_en())]
pub struct ParseError {
    /// Byte of the input where the refusal begins, from 0.
    pub position: usize,
    /// How many bytes of the input it is about; 0 when it is a place.
    pub length: usize,
    /// The stable code.
    pub code: Code,
    /// The application identifier it is about, when there is one.
    pub ai: Option<String>,
}

impl ParseError {
    /// The text in English.
    #[must_use]
    pub fn text_en(&self) -> String {
        self.code.as_str().to_owned()
    }

    /// The text in Chinese.
    #[must_use]
    pub fn text_zh(&self) -> String {
        self.code.as_str().to_owned()
    }
}

/// What is wrong, as a stable snake_case code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// Nothing was given.
    Empty,
}

impl Code {
    /// The code as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
        }
    }
}
