//! The tree of parts: what a message shows, and how.

/// One part: what it is for, its language, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NestedPart {
    /// What to do with it: 0 unspecified, 1 render, 2 reaction, and so on.
    pub disposition: u8,
    /// A language tag, or empty.
    pub language: String,
    /// What it holds.
    pub body: Body,
}

/// What a part holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing: a message that only withdraws another.
    Null,
    /// Something of one media type.
    Single {
        /// The media type.
        content_type: String,
        /// The thing itself.
        content: Vec<u8>,
    },
    /// Something that is stored elsewhere, encrypted.
    External(Box<ExternalPart>),
    /// Several parts; at least two.
    Multi {
        /// How they relate.
        semantics: PartSemantics,
        /// The parts.
        parts: Vec<NestedPart>,
    },
}

/// How the parts of a multipart relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartSemantics {
    /// Show one of them.
    ChooseOne,
    /// Show all, as one thing.
    SingleUnit,
    /// Use each by itself.
    ProcessAll,
}

/// Something that is stored elsewhere, and how to get and decrypt it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExternalPart {
    /// The media type.
    pub content_type: String,
    /// Where it is.
    pub url: String,
    /// Until when, in seconds since the UNIX epoch; 0 for ever.
    pub expires: u32,
    /// Its length in bytes; 0 where that is not known.
    pub size: u64,
    /// The AEAD that it is encrypted with (IANA registry); 0 for none.
    pub encryption: u16,
    /// The key.
    pub key: Vec<u8>,
    /// The nonce.
    pub nonce: Vec<u8>,
    /// The additional authenticated data.
    pub aad: Vec<u8>,
    /// The hash algorithm (IANA registry).
    pub hash: u8,
    /// The hash of what is stored.
    pub content_hash: Vec<u8>,
    /// In words.
    pub description: String,
    /// A name to store it under.
    pub filename: String,
}

/// The disposition `unspecified`.
const UNSPECIFIED: u8 = 0;

/// The disposition `render`: show it.
pub const RENDER: u8 = 1;

impl NestedPart {
    /// A plain text to be shown.
    pub fn text(text: &str) -> Self {
        let content_type = "text/plain;charset=utf-8".to_owned();
        let body = Body::Single { content_type, content: text.as_bytes().to_vec() };
        Self { disposition: RENDER, language: String::new(), body }
    }

    /// Something for the reader's client that is not to be shown.
    pub fn of(content_type: &str, content: Vec<u8>) -> Self {
        let body = Body::Single { content_type: content_type.to_owned(), content };
        Self { disposition: UNSPECIFIED, language: String::new(), body }
    }
}
