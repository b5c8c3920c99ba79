//! The export of a bot: what its start is sent, and the document that describes one.

mod opening;

use serde_json::Value;

use crate::{
    BotExportId, BotId, Concealed, FileId, IgnoredVariables, List, Outcome, Status, Timestamp, UserId, model,
    open_enum,
};

model! {
    /// One export of a bot: the response to the call that starts it and to the status call alike.
    pub struct BotExport {
        /// The export request.
        #[key("_id", always)]
        pub id: Option<BotExportId>,
        /// The bot, in the response to the start.
        #[key("streamId")]
        pub stream_id: Option<BotId>,
        /// The bot, in the response to the status call.
        #[key("botId")]
        pub bot_id: Option<BotId>,
        /// The state of the export.
        #[key("status", always)]
        pub status: Option<Status>,
        /// Who asked for the export.
        #[key("createdBy")]
        pub created_by: Option<UserId>,
        /// Which state of the bot is exported.
        #[key("exportType")]
        pub export_type: Option<ExportType>,
        /// `Botexport`.
        #[key("requestType")]
        pub request_type: Option<String>,
        /// When the export was asked for.
        #[key("createdOn")]
        pub created_on: Option<Timestamp>,
        /// The version key of the document store: a small integer.
        #[key("__v")]
        pub version: Option<u64>,
        /// Where the file is fetched. The address is signed: whoever has it may fetch the file.
        #[key("downloadURL")]
        pub download_url: Option<Concealed>,
        /// The spelling of `downloadURL` in sibling calls.
        #[key("downloadUrl", older)]
        pub download_url_of_siblings: Option<Concealed>,
        /// The file.
        #[key("fileId")]
        pub file_id: Option<FileId>,
        /// Where the file is kept, with parts of the signed address.
        #[key("store")]
        pub store: Option<Concealed>,
        /// How many bytes the file has; a text in the vendor's document.
        #[key("fileSize")]
        pub file_size: Option<Value>,
    }
}

impl BotExport {
    /// The bot, in either spelling of its key.
    pub fn bot(&self) -> Option<&BotId> {
        self.stream_id.as_ref().or(self.bot_id.as_ref())
    }

    /// What the status means.
    pub fn outcome(&self) -> Outcome {
        self.status.as_ref().map_or(Outcome::Unknown, Status::outcome)
    }

    /// Where the file is fetched, in either spelling of its key.
    pub fn download(&self) -> Option<&str> {
        [&self.download_url, &self.download_url_of_siblings]
            .into_iter()
            .find_map(|url| url.as_ref()?.expose_text())
    }

    /// How many bytes the file has, whether a number says so or a text.
    pub fn bytes(&self) -> Option<u64> {
        match self.file_size.as_ref()? {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_u64(),
        }
    }

    /// The document with [`Concealed::SHOWN`] in place of what opens the file, wherever it stands, fit to be
    /// printed.
    pub fn concealed(&self) -> Self {
        let mut shown = self.clone();
        let opening = [&mut shown.download_url, &mut shown.download_url_of_siblings, &mut shown.store];
        let own: Vec<_> = opening
            .into_iter()
            .flatten()
            .map(|value| std::mem::replace(value, Concealed::SHOWN.into()))
            .collect();
        // The platform may repeat the address under any key, at any depth.
        let Ok(mut document) = serde_json::to_value(&shown) else { return Self::default() };
        opening::conceal(&mut document, own.iter().map(Concealed::expose));
        serde_json::from_value(document).unwrap_or_default()
    }
}

model! {
    /// What the start of an export is sent. Without options all of the bot is exported.
    pub struct BotExportOrder {
        /// Which state of the bot is exported.
        #[key("exportType", always)]
        pub export_type: Option<ExportType>,
        /// Which components are exported.
        #[key("exportOptions")]
        pub export_options: Option<ExportOptions>,
        /// Which single tasks are exported.
        #[key("subTasks")]
        pub sub_tasks: Option<ExportSubTasks>,
        /// All tasks; of no account beside `subTasks`.
        #[key("allTasks")]
        pub all_tasks: Option<bool>,
        /// Custom dashboards too.
        #[key("customDashboards")]
        pub custom_dashboards: Option<bool>,
        /// What the tasks depend on too.
        #[key("IncludeDependentTasks")]
        pub include_dependent_tasks: Option<bool>,
    }
}

model! {
    /// The components of a bot that are exported. Which words a platform knows depends on its
    /// version.
    pub struct ExportOptions {
        /// Settings.
        #[key("settings")]
        pub settings: Option<List<String>>,
        /// Tasks.
        #[key("tasks")]
        pub tasks: Option<List<String>>,
        /// What the bot understands.
        #[key("nlpData")]
        pub nlp_data: Option<List<String>>,
        /// Parts of Agent Assist.
        #[key("AgentAssist")]
        pub agent_assist: Option<List<String>>,
        /// What is left out of the components.
        #[key("options")]
        pub options: Option<ExportExceptions>,
    }
}

model! {
    /// What is left out of the components that are exported.
    pub struct ExportExceptions {
        /// Variables.
        #[key("botVariables")]
        pub bot_variables: Option<IgnoredVariables>,
    }
}

model! {
    /// Single tasks that are exported.
    pub struct ExportSubTasks {
        /// Dialogs.
        #[key("dialogs")]
        pub dialogs: Option<List<String>>,
        /// Alerts.
        #[key("alerts")]
        pub alerts: Option<List<String>>,
        /// Actions.
        #[key("actions")]
        pub actions: Option<List<String>>,
        /// Experience flows.
        #[key("experienceFlows")]
        pub experience_flows: Option<List<String>>,
    }
}

open_enum! {
    /// Which state of a bot is exported.
    pub enum ExportType {
        /// The one that is worked on.
        Latest = "latest",
        /// The one that was published last.
        Published = "published",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(json: &str) -> BotExport {
        serde_json::from_str(json).expect("an export")
    }

    #[test]
    fn the_address_of_the_file_is_found_in_either_spelling_and_never_shown() {
        for (json, url) in [
            (r#"{"downloadURL":"https://x/?sig=abc"}"#, Some("https://x/?sig=abc")),
            (r#"{"downloadUrl":"https://x/?sig=abc"}"#, Some("https://x/?sig=abc")),
            (r#"{"downloadURL":null,"downloadUrl":" https://x/?sig=abc "}"#, Some("https://x/?sig=abc")),
            (r#"{"downloadURL":"","store":{"urlParams":"sig=abc"}}"#, None),
            (r#"{"downloadURL":["https://x/?sig=abc"]}"#, None),
            (r#"{"downloadURL":"https://x/?sig=abc","downloadURL":"https://y/?sig=abc"}"#, None),
            (r#"{"store":"sig=abc","store":["sig=abc"]}"#, None),
        ] {
            let export = export(json);
            assert_eq!(export.download(), url, "{json}");
            assert!(!format!("{export:?}").contains("sig="), "{export:?}");
            let concealed = serde_json::to_string(&export.concealed()).expect("JSON");
            assert!(!concealed.contains("sig="), "{concealed}");
            assert!(serde_json::to_string(&export).expect("JSON").contains("sig="), "{json}");
        }
    }

    #[test]
    fn an_address_that_is_repeated_anywhere_is_not_shown() {
        for (json, kept) in [
            (r#"{"_id":"ber-1","downloadURL":"https://x/f?sig=abc","link":"https://x/f?sig=abc"}"#, "link"),
            (r#"{"_id":"ber-1","downloadURL":"https://x/f?a=1#f","s":["see https://x/f?a=1#f now"]}"#, "now"),
            (r#"{"_id":"ber-1","downloadURL":"https://x/f?a=1&sig=abcdef","d":{"q":"sig=abcdef"}}"#, "\"q\""),
            (r#"{"_id":"ber-1","downloadURL":"https://x/f?a=1&sig=abc","h":"?a=1&amp;sig=abc"}"#, "\"h\""),
            (
                r#"{"_id":"ber-1","data":[{"DownloadUrl":"https://x/f?sig=abc"}],"m":"at https://x/f?sig=abc"}"#,
                "at ",
            ),
            (r#"{"_id":"ber-1","x":{"file_download_url":{"at":["sig=abc"]}}}"#, "file_download_url"),
            (r#"{"_id":"ber-1","x":{"urlParams":"sig=abc"},"n":1}"#, "\"n\":1"),
            (
                r#"{"_id":"ber-1","store":{"urlParams":"sig=abc","type":"s3"},"m":"sig=abc","t":"s3"}"#,
                "\"s3\"",
            ),
            (
                r#"{"_id":"ber-1","downloadURL":"https://x/f?sig=abc","requestType":"https://x/f?sig=abc"}"#,
                "requestType",
            ),
            (
                r#"{"_id":"ber-1","downloadURL":"https://x/f?sig=abc","status":"https://x/f?sig=abc"}"#,
                "status",
            ),
            (r#"{"_id":"ber-1","downloadURL":"https://x/f?sig=abc","https://x/f?sig=abc":true}"#, "true"),
        ] {
            let shown = export(json).concealed();
            let text = format!("{shown:?} {}", serde_json::to_string(&shown).expect("JSON"));
            assert!(!text.contains("sig=") && !text.contains("a=1#f"), "{json}: {text}");
            assert!(text.contains("ber-1") && text.contains(kept), "{json}: {text}");
        }
        // Nothing else is touched: not even a word that is as short as the query.
        let json =
            r#"{"_id":"ber-1","status":"success","downloadURL":"https://x/f?1","n":"1","z":{"m":2.5}}"#;
        let shown = serde_json::to_value(export(json).concealed()).expect("JSON");
        let expected = json.replace("https://x/f?1", Concealed::SHOWN);
        assert_eq!(shown, serde_json::from_str::<Value>(&expected).expect("JSON"));
    }

    #[test]
    fn the_size_is_a_number_or_a_text() {
        for (size, bytes) in
            [("947", Some(947)), (r#"" 947""#, Some(947)), (r#""1 kB""#, None), ("null", None)]
        {
            assert_eq!(export(&format!(r#"{{"fileSize":{size}}}"#)).bytes(), bytes, "{size}");
        }
    }
}
