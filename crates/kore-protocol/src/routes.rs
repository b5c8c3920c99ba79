//! Finds the endpoint that a request is for. Servers use it.

use http::Method;

use crate::{Metadata, RequestError};

/// The endpoints of a server. Each has a value of the server's choice beside it: a variant of an enum,
/// or a function.
///
/// ```
/// use http::Method;
/// use kore_protocol::bot_import::get_status;
/// use kore_protocol::{Metadata, RequestError, Routes};
///
/// #[derive(Debug, PartialEq)]
/// enum Call {
///     GetStatus,
/// }
/// const ROUTES: Routes<'_, Call> = Routes::new(&[(get_status::METADATA, Call::GetStatus)]);
///
/// let (metadata, call) = ROUTES.find(&Method::GET, "/api/public/bot/import/status/bir-1f")?;
/// assert_eq!((metadata.path.as_str(), call), ("/api/public/bot/import/status/{BotImportBIR}", &Call::GetStatus));
/// assert_eq!(ROUTES.find(&Method::GET, "/"), Err(RequestError::OtherPath));
/// # Ok::<(), RequestError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Routes<'a, T>(&'a [(Metadata, T)]);

impl<'a, T> Routes<'a, T> {
    /// If two endpoints match a request, the first one counts.
    pub const fn new(routes: &'a [(Metadata, T)]) -> Self {
        Self(routes)
    }

    /// The endpoint of a request, by its method and the path of its URI.
    ///
    /// # Errors
    /// [`RequestError::OtherPath`] if no endpoint has the path. [`RequestError::OtherMethod`] with the
    /// methods of the path if the request has another one.
    pub fn find(&self, method: &Method, path: &str) -> Result<(&'a Metadata, &'a T), RequestError> {
        let mut allowed = Vec::new();
        for (metadata, call) in self.0.iter().filter(|(metadata, _)| metadata.path.matches(path)) {
            if metadata.method == *method {
                return Ok((metadata, call));
            }
            if !allowed.contains(&metadata.method) {
                allowed.push(metadata.method.clone());
            }
        }
        Err(if allowed.is_empty() { RequestError::OtherPath } else { RequestError::OtherMethod { allowed } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PathTemplate, RateLimit, Scope};

    const fn call(method: Method, path: &'static str) -> Metadata {
        Metadata {
            method,
            path: PathTemplate::new(path),
            scope: Some(Scope::BOT_IMPORT),
            rate_limit: RateLimit::PerBot,
        }
    }

    static TABLE: [(Metadata, u8); 5] = [
        (call(Method::POST, "/bot/import"), 0),
        (call(Method::POST, "/bot/{bot}/import"), 1),
        (call(Method::GET, "/bot/{bot}/import"), 2),
        (call(Method::DELETE, "/bot/{bot}/{thing}"), 3),
        (call(Method::POST, "/bot/{bot}/{thing}"), 4),
    ];

    fn find(method: Method, path: &str) -> Result<u8, RequestError> {
        Routes::new(&TABLE).find(&method, path).map(|(_, call)| *call)
    }

    #[test]
    fn path_and_method_lead_to_one_endpoint() {
        assert_eq!(find(Method::POST, "/bot/import"), Ok(0));
        assert_eq!(find(Method::POST, "/bot/st-1/import"), Ok(1), "the first of two that fit");
        assert_eq!(find(Method::GET, "/bot/st-1/import"), Ok(2));
        assert_eq!(find(Method::DELETE, "/bot/st-1/import"), Ok(3), "the path of another is no end");
    }

    #[test]
    fn the_response_to_another_method_lists_those_of_the_path() {
        let allowed = |path: &str| match find(Method::PUT, path) {
            Err(error @ RequestError::OtherMethod { .. }) => error.to_http().headers()["allow"].clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(allowed("/bot/import"), "POST");
        assert_eq!(allowed("/bot/st-1/import"), "POST, GET, DELETE");
    }

    #[test]
    fn another_path_is_an_error_of_its_own() {
        for path in ["/", "/bot", "/bot//import", "/bot/import/", "/bot/st-1/import/x"] {
            assert_eq!(find(Method::POST, path), Err(RequestError::OtherPath), "{path}");
        }
        assert_eq!(Routes::<()>::new(&[]).find(&Method::GET, "/"), Err(RequestError::OtherPath));
    }
}
