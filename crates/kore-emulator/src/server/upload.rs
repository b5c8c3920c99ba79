//! Reads the form of an upload: a few parts, of which one is a file.
//!
//! multer reads it piece by piece, so that what is held is the file and no more.

use std::time::Duration;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use kore_protocol::file::upload::Form;
use kore_protocol::{Content, Part};
use multer::{Constraints, Multipart, SizeLimit};
use tokio::time::timeout;

use crate::bodies::{Bodies, Share, Unread};

/// The most of an upload: the builder's own dialog takes 50 MB of a zip, and no source has a limit of
/// the call.
const MAX_UPLOAD: u64 = 64 * 1024 * 1024;

/// The most of a part that is no file.
const MAX_TEXT: usize = 64 * 1024;

/// How many parts are read. The call has three.
const MAX_PARTS: usize = 16;

/// How long the whole may take, if only each piece comes in time.
const WHOLE: Duration = Duration::from_secs(10 * 60);

impl Bodies {
    /// The form, and its share of the room; `None` for what is no form of an upload. `patience` is
    /// for each piece.
    pub(super) async fn read_form(
        &self,
        headers: &HeaderMap,
        body: Incoming,
        patience: Duration,
    ) -> Result<Option<(Form, Share)>, Unread> {
        if body.size_hint().lower() > MAX_UPLOAD {
            return Err(Unread::TooLong);
        }
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let Ok(boundary) = multer::parse_boundary(content_type.unwrap_or_default()) else { return Ok(None) };
        let limit = Constraints::new().size_limit(SizeLimit::new().whole_stream(MAX_UPLOAD));
        let form = Multipart::with_constraints(body.into_data_stream(), boundary, limit);
        timeout(WHOLE, self.read_parts(form, patience)).await.unwrap_or(Err(Unread::Late))
    }

    async fn read_parts(
        &self,
        mut form: Multipart<'static>,
        patience: Duration,
    ) -> Result<Option<(Form, Share)>, Unread> {
        let mut share = self.share();
        let mut parts = Vec::new();
        while let Some(mut field) = in_time(patience, form.next_field()).await? {
            if parts.len() == MAX_PARTS {
                return Err(Unread::TooLong);
            }
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().map(unescaped);
            let mut bytes = Vec::new();
            while let Some(piece) = in_time(patience, field.chunk()).await? {
                if file_name.is_none() && bytes.len() + piece.len() > MAX_TEXT {
                    return Err(Unread::TooLong);
                }
                share.grow(piece.len())?;
                bytes.extend_from_slice(&piece);
            }
            // What is kept of it takes no more than it has.
            bytes.shrink_to_fit();
            parts.push(match file_name {
                Some(file_name) => Part::file(name, Content::from_bytes(file_name, bytes)),
                None => Part::text(name, bytes),
            });
        }
        Ok(Form::from_parts(parts).ok().map(|form| (form, share)))
    }
}

async fn in_time<T>(patience: Duration, read: impl Future<Output = multer::Result<T>>) -> Result<T, Unread> {
    timeout(patience, read).await.map_err(|_| Unread::Late)?.map_err(|error| match error {
        multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. } => Unread::TooLong,
        _ => Unread::Broken,
    })
}

/// The name of a file as it was before a browser escaped it.
fn unescaped(name: &str) -> String {
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}
