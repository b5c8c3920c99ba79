//! Faults: what goes wrong between a client and the platform, by plan.
//!
//! The server asks the plan about each request, and delivers the answer as the plan decides.

mod delivery;
mod form;
mod plan;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use kore_protocol::{Endpoint, Refusal};

pub(crate) use delivery::deliver;
pub(crate) use plan::FaultyWay;

use form::{Answer, Drip, Effect, FaultForm};
use plan::Decision;

use crate::input::Written;
use crate::platform::download;
use crate::{InputError, input};

/// Something that goes wrong, and when; by default for each request. Of several
/// that strike the same request, delays add up, and the first counts of those which change the
/// answer and of those which change how it is sent.
///
/// ```
/// use kore_emulator::Fault;
/// use kore_protocol::bot_import::get_status;
/// use std::time::Duration;
///
/// // The second and third call for a status find the connection reset.
/// let reset = Fault::reset().on::<get_status::Request>().after(1).first(2);
/// // In the first minute, every tenth answer or so takes a second more.
/// let slow = Fault::latency(Duration::from_secs(1)).probability(0.1).within(Duration::ZERO..Duration::from_secs(60));
/// # let _ = (reset, slow);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Fault(pub(crate) FaultForm);

impl Fault {
    fn new(effect: Effect) -> Self {
        Self(FaultForm::of(effect))
    }

    /// That status with an empty body. The request does not reach the platform: it is no look, and
    /// uses up no token.
    pub fn status(status: StatusCode) -> Self {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = status;
        Self::answer(response)
    }

    /// That answer, which likewise comes from before the platform. Its length and what else says how
    /// it is sent are the server's own: such headers are left out.
    pub fn answer(response: Response<impl Into<Bytes>>) -> Self {
        Self::new(Effect::Answer(Answer::of(response.map(Into::into))))
    }

    /// A refusal in the platform's words.
    pub fn refusal(refusal: Refusal) -> Self {
        Self::answer(refusal.to_http())
    }

    /// 502 with a page in HTML, as a proxy between client and platform has it.
    pub fn proxy_page() -> Self {
        Self::new(Effect::ProxyPage)
    }

    /// The platform's answer under another content type.
    pub fn content_type(value: HeaderValue) -> Self {
        Self::new(Effect::ContentType(value))
    }

    /// The answer is held back that long.
    pub fn latency(delay: Duration) -> Self {
        Self::new(Effect::Latency(Written(delay)))
    }

    /// The platform takes the request, and the connection is reset before an answer.
    pub fn reset() -> Self {
        Self::new(Effect::Reset)
    }

    /// The connection is reset within the body, after that many bytes of it; one byte at least is
    /// missing.
    pub fn reset_after(bytes: usize) -> Self {
        Self::new(Effect::ResetAfter(bytes))
    }

    /// The connection is closed within the body, after that many bytes of it; one byte at least of
    /// what `content-length` says is missing.
    pub fn cut_after(bytes: usize) -> Self {
        Self::new(Effect::CutAfter(bytes))
    }

    /// The body has so many bytes more, blanks at its end, and `content-length` says so; at most 64 MiB.
    pub fn longer_by(bytes: usize) -> Self {
        Self::new(Effect::LongerBy(bytes))
    }

    /// The body comes so many bytes at a time, with a pause behind each.
    pub fn drip(bytes: NonZeroUsize, pause: Duration) -> Self {
        Self::new(Effect::Drip(Drip { bytes, pause: Written(pause) }))
    }

    /// Strikes requests for that endpoint only.
    pub fn on<E: Endpoint>(mut self) -> Self {
        self.0.route = Some(E::METADATA);
        self
    }

    /// Strikes requests for the file of an export only.
    pub fn on_download(mut self) -> Self {
        self.0.route = Some(download::METADATA);
        self
    }

    /// Strikes with that probability, from 0 to 1; what is beyond counts as the nearer of the two.
    pub fn probability(mut self, probability: f64) -> Self {
        self.0.probability = probability.clamp(0.0, 1.0);
        self
    }

    /// Leaves the first `requests` alone, of those that are for its endpoint.
    pub fn after(mut self, requests: u64) -> Self {
        self.0.after = requests;
        self
    }

    /// Strikes at most the first `requests`, of those that [`after`](Self::after) leaves to it.
    pub fn first(mut self, requests: u64) -> Self {
        self.0.first = Some(requests);
        self
    }

    /// Strikes requests that arrive within that time since the start of the emulator.
    pub fn within(mut self, since_start: Range<Duration>) -> Self {
        self.0.from = Written(since_start.start);
        self.0.until = (since_start.end < Duration::MAX).then_some(Written(since_start.end));
        self
    }
}

/// Faults in a file, and the seed for those that strike by chance: the same seed and the same
/// requests give the same faults.
///
/// ```
/// use kore_emulator::Faults;
///
/// let faults = Faults::from_toml(r#"
///     seed = 7
///
///     [[faults]]
///     effect.answer = { status = 503, headers = { retry-after = "1" }, body = "busy" }
///     first = 2
///
///     [[faults]]
///     effect.latency = "500ms"
///     probability = 0.2
///     from = "10s"                               # since the start of the emulator
///     until = "1m"
///
///     [[faults]]
///     effect = "reset"                           # or "proxy_page"
///     route = "bot_import::get_status"
///     after = 10
///     first = 1
///
///     [[faults]]
///     effect.cut_after = 20                      # or reset_after or longer_by, in bytes of the body
///     probability = 0.01
///
///     [[faults]]
///     effect.content_type = "text/html"
///     probability = 0.01
///
///     [[faults]]
///     effect.drip = { bytes = 16, pause = "10ms" }
///     probability = 0.01
/// "#, "faults.toml")?;
/// # let _ = faults;
/// # Ok::<(), kore_emulator::InputError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Faults {
    pub(crate) seed: u64,
    pub(crate) faults: Vec<Fault>,
}

impl Faults {
    /// Reads a file, whose name ends in `.toml` or `.json`.
    ///
    /// # Errors
    /// If the file cannot be read or lists no faults; the message says what and where.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, InputError> {
        input::from_file(path.as_ref())
    }

    /// Reads a TOML text; `source` is what errors call it.
    ///
    /// # Errors
    /// If the text lists no faults; the message says what and where.
    pub fn from_toml(text: &str, source: &str) -> Result<Self, InputError> {
        input::from_toml(text, source)
    }

    /// Reads a JSON text; `source` is what errors call it.
    ///
    /// # Errors
    /// If the text lists no faults; the message says what and where.
    pub fn from_json(text: &str, source: &str) -> Result<Self, InputError> {
        input::from_json(text, source)
    }
}
