//! The kinds of tasks in the log of an import, by the platform's own words.

use crate::open_enum;

open_enum! {
    /// `taskType` of an entry in an import's log. The set is open and types repeat.
    pub enum TaskType {
        /// The request itself; `success` here says nothing about the import.
        ImportRequest = "importRequest",
        /// The definition of the bot.
        BotDefinition = "Bot Definition",
        /// Configurations of identity providers.
        IdpConfigurations = "IdpConfigurations",
        /// Custom templates.
        CustomTemplates = "CustomTemplates",
        /// Functions of the bot.
        BotFunctions = "BotFunctions",
        /// A widget.
        Widget = "Widget",
        /// A dialog.
        Dialog = "Dialog",
        /// A form.
        Form = "Form",
        /// An event.
        Event = "Event",
        /// Knowledge tasks.
        KnowledgeTasks = "KnowledgeTasks",
        /// Utterances, in the spelling of today's document.
        Utterences = "Utterences",
        /// Utterances, in the spelling of the older document.
        Utterances = "Utterances",
        /// Patterns.
        Patterns = "Patterns",
        /// Variables of the bot.
        BotVariables = "BotVariables",
        /// Small talk.
        SmallTalk = "SmallTalk",
        /// Standard responses.
        StandardResponses = "Standard Responses",
        /// The import as a whole, last in the log.
        ImportBot = "importBot",
    }
}
