//! `importOptions`: which parts of the files an import into an existing bot takes, and how it merges
//! them. Clients write them with the start of such an import.

use crate::{List, model, open_enum};

model! {
    /// `importOptions`: which components are imported, and how they are merged with what the bot has.
    /// Keys and words are those of the vendor's documents up to 2026; which of them a platform knows
    /// depends on its version.
    pub struct ImportOptions {
        /// Tasks.
        #[key("tasks")]
        pub tasks: Option<List<ImportTask>>,
        /// What the bot understands.
        #[key("nlpData")]
        pub nlp_data: Option<List<ImportNlpData>>,
        /// Settings.
        #[key("settings")]
        pub settings: Option<List<ImportSetting>>,
        /// Parts of Agent Assist: `rules`, `playbooks`.
        #[key("AgentAssist")]
        pub agent_assist: Option<List<String>>,
        /// Parts of Quality AI: `taxonomy`, `connectors`, `autoQA`.
        #[key("qualityAI")]
        pub quality_ai: Option<List<String>>,
        /// Scenes of the storyboard.
        #[key("storyBoardScenes")]
        pub story_board_scenes: Option<StoryBoardScenes>,
        /// Custom dashboards.
        #[key("customDashboard")]
        pub custom_dashboard: Option<bool>,
        /// Linked bots and small talk, in older documents.
        #[key("botComponents", older)]
        pub bot_components: Option<List<String>>,
        /// How the components are merged with what the bot has.
        #[key("options")]
        pub options: Option<MergeOptions>,
    }
}

model! {
    /// Which parts of the storyboard are imported.
    pub struct StoryBoardScenes {
        /// The comments too.
        #[key("includeComments")]
        pub include_comments: Option<bool>,
    }
}

model! {
    /// How components are merged with what the bot has.
    pub struct MergeOptions {
        /// Utterances.
        #[key("utterances")]
        pub utterances: Option<AppendOrReplace>,
        /// Patterns.
        #[key("patterns")]
        pub patterns: Option<AppendOrReplace>,
        /// Variables.
        #[key("botVariables")]
        pub bot_variables: Option<IgnoredVariables>,
    }
}

model! {
    /// Whether the imported part is added to the bot's, or replaces it. No source says what both at
    /// once do.
    pub struct AppendOrReplace {
        /// It is added.
        #[key("append")]
        pub append: Option<bool>,
        /// It replaces what the bot has.
        #[key("replace")]
        pub replace: Option<bool>,
    }
}

model! {
    /// Variables that an import leaves as they are, or an export leaves out.
    pub struct IgnoredVariables {
        /// Their names.
        #[key("ignore")]
        pub ignore: Option<List<String>>,
        /// All variables of the environment, in an export.
        #[key("ignoreEnvironmentVariables")]
        pub ignore_environment_variables: Option<bool>,
        /// All variables of the content, in an export.
        #[key("ignoreContentVariables")]
        pub ignore_content_variables: Option<bool>,
    }
}

open_enum! {
    /// A kind of task to import.
    pub enum ImportTask {
        /// Dialogs.
        BotTask = "botTask",
        /// Knowledge graphs.
        KnowledgeGraph = "knowledgeGraph",
        /// Small talk.
        SmallTalk = "smallTalk",
        /// Forms.
        Forms = "forms",
    }
}

open_enum! {
    /// A part of what the bot understands.
    pub enum ImportNlpData {
        /// Settings.
        NlpSettings = "nlpSettings",
        /// Utterances.
        Utterances = "utterances",
        /// Patterns.
        Patterns = "patterns",
        /// Synonyms.
        Synonyms = "synonyms",
        /// Concepts.
        Concepts = "concepts",
        /// Training data (older documents).
        TrainingData = "training_data",
        /// Synonyms of the bot (older documents).
        BotSynonyms = "bot_synonyms",
        /// The default dialog (older documents).
        DefaultDialog = "defaultDialog",
        /// Standard responses (older documents).
        StandardResponses = "standardResponses",
    }
}

open_enum! {
    /// Settings to import.
    pub enum ImportSetting {
        /// Of the bot.
        BotSettings = "botSettings",
        /// Its variables.
        BotVariables = "botVariables",
        /// Of its voice.
        IvrSettings = "ivrSettings",
        /// Of generative AI and language models.
        GenAiAndLlmSettings = "genAIandLLMSettings",
    }
}
