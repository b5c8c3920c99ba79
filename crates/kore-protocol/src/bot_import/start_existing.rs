//! `POST /api/public/bot/{botId}/import`: starts an import into a bot that exists.
//!
//! [Documented as "Import Bot into an Existing Bot API"](https://developer.kore.ai/docs/bots/api-guide/import-bot-into-an-existing-bot-api/).
//! With [`ImportOptions`] the import is incremental. Without them it is full: the bot loses what the files
//! do not have. The response is that of the call that makes a new bot.

use bytes::Bytes;
use http::Method;
use kore_types::{BotId, ExistingBotImport, FileId, ImportNlpData, ImportOptions, ImportSetting, ImportTask};

use crate::{
    Body, Endpoint, ExactJson, IncomingRequest, Metadata, OutgoingRequest, PathTemplate, Query, RateLimit,
    Refusal, RequestError, Scope,
};

use super::start_new::file_ids::{all, check};
use crate::quotes::quotes;

/// The method, path, scope and rate limit of the call.
pub const METADATA: Metadata = Metadata {
    method: Method::POST,
    path: PathTemplate::new("/api/public/bot/{botId}/import"),
    scope: Some(Scope::BOT_IMPORT),
    rate_limit: RateLimit::PerBot,
};

/// The sample response of the vendor's document, word for word. The document masks digits of ids.
pub const SAMPLE: &str = include_str!("start_existing/sample.json");

/// Starts an import into a bot that exists.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// The bot.
    pub bot_id: BotId,
    /// What to import.
    pub import: ExistingBotImport,
    /// Keys of the body that are sent as they were written, in place of those of `import`, such as
    /// `importOptions` from a file. A server reads them into `import`.
    pub exact: Option<ExactJson>,
}

pub use super::start_new::Response;

impl Request {
    /// Imports these files. With `options` the import is incremental. Without them it is full: what the
    /// files do not have is deleted from the bot.
    pub fn new(
        bot_id: BotId,
        definition: FileId,
        config: FileId,
        functions: Vec<FileId>,
        options: Option<ImportOptions>,
    ) -> Self {
        let mut import = ExistingBotImport::default();
        import.bot_definition = Some(definition);
        import.config_info = Some(config);
        import.bot_functions = (!functions.is_empty()).then(|| functions.into());
        import.import_options = options;
        Self { bot_id, import, exact: None }
    }

    /// The ids of the files that it names, for servers to check.
    pub fn files(&self) -> impl Iterator<Item = &FileId> {
        let ExistingBotImport { bot_definition, config_info, bot_functions, .. } = &self.import;
        all([bot_definition, config_info], bot_functions)
    }
}

impl Endpoint for Request {
    const METADATA: Metadata = METADATA;
    type Response = Response;
}

impl OutgoingRequest for Request {
    fn path_values(&self) -> Vec<&str> {
        vec![self.bot_id.as_str()]
    }

    fn to_body(&self) -> Body {
        ExactJson::over(self.exact.as_ref(), &self.import)
    }

    /// The options may hold values of variables.
    fn may_quote(&self, message: &str) -> bool {
        let options = match self.exact.as_ref().and_then(|exact| exact.get("importOptions")) {
            Some(exact) => serde_json::from_str(&exact),
            None => serde_json::to_value(&self.import.import_options),
        };
        options.is_ok_and(|options| quotes(message, &options, &is_word_of_api))
    }
}

fn is_word_of_api(word: &str) -> bool {
    !matches!(ImportTask::from(word), ImportTask::Other(_))
        || !matches!(ImportNlpData::from(word), ImportNlpData::Other(_))
        || !matches!(ImportSetting::from(word), ImportSetting::Other(_))
}

impl IncomingRequest for Request {
    fn from_parts(path_values: &[&str], _: Query<'_>, body: &Bytes) -> Result<Self, RequestError> {
        let bot_id = path_values.concat().parse().map_err(|_| Refusal::InvalidStreamId)?;
        let import: ExistingBotImport =
            serde_json::from_slice(body).map_err(|_| Refusal::InvalidArguments)?;
        let ExistingBotImport { bot_definition, config_info, bot_functions, extra, .. } = &import;
        // Not as if there were none: that would be a full import.
        if extra.contains_key("importOptions") {
            return Err(Refusal::InvalidArguments.into());
        }
        let named = [("botDefinition", bot_definition, true), ("configInfo", config_info, true)];
        check(&named, bot_functions, extra)?;
        Ok(Self { bot_id, import, exact: None })
    }
}

#[cfg(feature = "openapi")]
impl crate::openapi::described::Described for Request {
    const ID: &'static str = "importExistingBot";
    const SUMMARY: &'static str = "Import Bot into an Existing Bot API";
    const DOCUMENT: &'static str =
        "https://developer.kore.ai/docs/bots/api-guide/import-bot-into-an-existing-bot-api/";
    const REFUSALS: &'static [Refusal] =
        &[Refusal::InvalidStreamId, Refusal::InvalidFileId, Refusal::InvalidArguments];

    type PathValues = (BotId,);
    type RequestBody = ExistingBotImport;
    type ResponseBody = kore_types::BotImport;

    fn sample() -> Option<(Self, Response)> {
        let file = || "5bxxxxxxxxxxxxxxxxxxxxxx".parse().ok();
        let request = Self::new("st-xxxx".parse().ok()?, file()?, file()?, vec![file()?], None);
        Some((request, Response::new(serde_json::from_str(SAMPLE).ok()?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BaseUrl, BodyLimit, IncomingResponse, OutgoingResponse, auth_header};

    /// The newest sample of the document.
    const INCREMENTAL: &str = r#"{
        "botDefinition": "6a14221546**************",
        "configInfo": "6a1422397***************",
        "importOptions": {
            "nlpData": ["nlpSettings", "utterances", "patterns", "synonyms", "concepts"],
            "tasks": ["smallTalk", "knowledgeGraph", "forms", "botTask"],
            "settings": ["botSettings", "botVariables", "ivrSettings", "genAIandLLMSettings"],
            "AgentAssist": ["rules", "playbooks"],
            "qualityAI": ["taxonomy", "connectors", "autoQA"],
            "storyBoardScenes": {"includeComments": true},
            "customDashboard": true,
            "options": {
                "utterances": {"append": true, "replace": false},
                "patterns": {"append": true, "replace": false},
                "botVariables": {"ignore": ["ab", "test2"]}
            }
        }
    }"#;
    const FULL: &str = r#"{"botDefinition":"5bxx1","configInfo":"5bxx2","botFunctions":["5bxx3"]}"#;

    fn received(body: &str) -> Result<Request, RequestError> {
        let request = http::Request::post("/api/public/bot/st-1/import").body(Bytes::from(body.to_owned()));
        Request::from_http(&request.expect("a request"))
    }

    #[test]
    fn the_documented_requests_go_there_and_back() {
        let base = BaseUrl::parse("https://bots.kore.ai").expect("valid");
        // The stars stand for digits.
        for (sample, files) in [(INCREMENTAL.replace('*', "0"), 2), (FULL.to_owned(), 3)] {
            let request = received(&sample).expect("it is whole");
            assert_eq!((request.bot_id.as_str(), request.files().count()), ("st-1", files));
            let http = request.to_http(&base, auth_header("a.b.c").expect("valid"));
            assert_eq!(http.uri(), "https://bots.kore.ai/api/public/bot/st-1/import");
            assert_eq!((http.method().as_str(), request.rate_limit_key()), ("POST", Some("st-1")));
            let json = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).expect("JSON");
            assert_eq!(json(http.body().as_bytes().expect("in memory")), json(sample.as_bytes()));
        }
    }

    #[test]
    fn the_documented_options_have_types_and_others_are_kept() {
        let sample = INCREMENTAL.replace('*', "0").replace(r#""customDashboard": true"#, r#""later": [1]"#);
        let options = received(&sample).expect("it is whole").import.import_options.expect("it has some");
        assert!(options.tasks.expect("tasks").items.contains(&ImportTask::BotTask));
        let nlp_data = options.nlp_data.expect("NLP data").items;
        assert!(nlp_data.iter().all(|word| !matches!(word, ImportNlpData::Other(_))), "{nlp_data:?}");
        assert!(options.settings.expect("settings").items.contains(&ImportSetting::GenAiAndLlmSettings));
        let merged = options.options.expect("options of the options");
        assert_eq!(merged.utterances.expect("utterances").append, Some(true));
        assert_eq!(merged.bot_variables.expect("variables").ignore.expect("names").items, ["ab", "test2"]);
        assert_eq!(options.extra["later"], serde_json::json!([1]));
    }

    #[test]
    fn a_full_import_has_no_options_at_all() {
        let file = |id: &str| id.parse::<FileId>().expect("valid");
        let body = |options| {
            let bot = "st-1".parse().expect("valid");
            let request = Request::new(bot, file("5bxx1"), file("5bxx2"), vec![file("5bxx3")], options);
            String::from_utf8(request.to_body().as_bytes().expect("in memory").to_vec()).expect("JSON")
        };
        assert_eq!(body(None), FULL);
        assert!(body(Some(ImportOptions::default())).contains(r#""importOptions":{}"#));
    }

    #[test]
    fn the_documented_response_goes_there_and_back() {
        let http = Response::new(serde_json::from_str(SAMPLE).expect("an import")).expect("an id").to_http();
        let body: serde_json::Value = serde_json::from_slice(http.body()).expect("JSON");
        assert_eq!(body, serde_json::from_str::<serde_json::Value>(SAMPLE).expect("JSON"));
        let read = Response::from_http(http, BodyLimit::DEFAULT).expect("an import");
        assert_eq!(read.import_id.as_str(), "bir-00bxxxxx-7xx2-5xxx-bxxx-79xxxxxxxxxx");
    }

    #[test]
    fn a_missing_or_unknown_value_is_refused_in_the_words_of_the_platform() {
        for (body, refusal) in [
            ("", Refusal::InvalidArguments),
            (r#"{"botDefinition":"1"}"#, Refusal::InvalidArguments),
            (r#"{"botDefinition":"","configInfo":"2"}"#, Refusal::InvalidArguments),
            (r#"{"botDefinition":"1","configInfo":"2","importOptions":[]}"#, Refusal::InvalidArguments),
            (r#"{"botDefinition":"1","configInfo":"2","importOptions":null}"#, Refusal::InvalidArguments),
            (r#"{"botDefinition":"1","configInfo":"a b"}"#, Refusal::InvalidFileId),
            (r#"{"botDefinition":"1","configInfo":"2","botFunctions":[{}]}"#, Refusal::InvalidFileId),
        ] {
            assert_eq!(received(body), Err(refusal.into()), "{body}");
        }
        let request = http::Request::post("/api/public/bot/bot-1/import").body(Bytes::from(FULL));
        let other_bot = Request::from_http(&request.expect("a request"));
        assert_eq!(other_bot, Err(Refusal::InvalidStreamId.into()));
    }
}
