//! Writes `multipart/form-data` (RFC 7578) as browsers do. The upload of a file uses it.

use std::fmt;

use bytes::Bytes;
use http::HeaderValue;
use kore_types::Printable;

use super::{Body, Content};

/// The text between the parts of a form. It must not occur in them, so it should have 128 random bits or
/// more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary(Box<str>);

impl Boundary {
    /// The greatest length (RFC 2046).
    pub const MAX_LEN: usize = 70;

    /// Takes letters, digits, `-` and `_`. They need no quotes in a header.
    ///
    /// # Errors
    /// [`InvalidBoundary`] if there are other characters, too many, or none.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidBoundary> {
        let text = text.as_ref();
        let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_valid = (1..=Self::MAX_LEN).contains(&text.len()) && text.bytes().all(is_safe);
        if is_valid { Ok(Self(text.into())) } else { Err(InvalidBoundary(text.into())) }
    }

    /// The boundary as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The error of a text that is not a boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidBoundary(Box<str>);

impl fmt::Display for InvalidBoundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (most, found) = (Boundary::MAX_LEN, Printable::new(self.0.as_bytes(), 128));
        write!(f, "not a boundary: expected 1 to {most} letters, digits, '-' or '_', found \"{found}\"")
    }
}

impl std::error::Error for InvalidBoundary {}

/// A part of a form: a text or a file. Clients send parts. Servers make them of the parts that they have
/// read.
#[derive(Clone, Debug)]
pub struct Part {
    name: Box<str>,
    is_file: bool,
    content_type: Option<HeaderValue>,
    content: Content,
}

impl Part {
    /// A field of text.
    pub fn text(name: impl Into<Box<str>>, text: impl Into<Bytes>) -> Self {
        Self { name: name.into(), is_file: false, content_type: None, content: Content::from_bytes("", text) }
    }

    /// A file, with its name.
    pub fn file(name: impl Into<Box<str>>, content: Content) -> Self {
        Self { name: name.into(), is_file: true, content_type: None, content }
    }

    /// Sets the content type.
    #[must_use]
    pub fn content_type(mut self, content_type: HeaderValue) -> Self {
        self.content_type = Some(content_type);
        self
    }

    /// The name of the field.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a file.
    pub fn is_file(&self) -> bool {
        self.is_file
    }

    /// Its content.
    pub fn into_content(self) -> Content {
        self.content
    }

    /// The boundary and the headers before the content.
    fn head(&self, boundary: &Boundary) -> Vec<u8> {
        let mut head = format!(
            "--{}\r\nContent-Disposition: form-data; name=\"{}\"",
            boundary.as_str(),
            escaped(&self.name)
        );
        if self.is_file {
            head.push_str(&format!("; filename=\"{}\"", escaped(self.content.name())));
        }
        let mut head = head.into_bytes();
        if let Some(content_type) = &self.content_type {
            head.extend_from_slice(b"\r\nContent-Type: ");
            head.extend_from_slice(content_type.as_bytes());
        }
        head.extend_from_slice(b"\r\n\r\n");
        head
    }
}

/// Escapes a name within quotes, as the HTML standard says.
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

impl Body {
    /// A form with these parts, in order. Files are read while they are sent.
    ///
    /// ```
    /// use kore_protocol::{Body, Boundary, Content, Part};
    ///
    /// let parts = [Part::file("file", Content::from_bytes("a.json", "{}")), Part::text("kind", "json")];
    /// let body = Body::multipart(&Boundary::new("7f3a")?, parts);
    /// assert_eq!(body.content_type().unwrap(), "multipart/form-data; boundary=7f3a");
    /// assert_eq!(body.to_bytes()?, "--7f3a\r\n\
    ///     Content-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\n\r\n\
    ///     {}\r\n\
    ///     --7f3a\r\n\
    ///     Content-Disposition: form-data; name=\"kind\"\r\n\r\n\
    ///     json\r\n\
    ///     --7f3a--\r\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn multipart(boundary: &Boundary, parts: impl IntoIterator<Item = Part>) -> Self {
        let mut contents = Vec::new();
        let mut between = Vec::new();
        for part in parts {
            between.extend(part.head(boundary));
            contents.push(Content::from_bytes("", std::mem::take(&mut between)));
            contents.push(part.content);
            between.extend_from_slice(b"\r\n");
        }
        between.extend_from_slice(format!("--{}--\r\n", boundary.as_str()).as_bytes());
        contents.push(Content::from_bytes("", between));
        let content_type = format!("multipart/form-data; boundary={}", boundary.as_str());
        Self::pieces(HeaderValue::try_from(content_type).expect("a boundary is of safe letters"), contents)
    }
}
