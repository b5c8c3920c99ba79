//! What the calls that start an import are sent, and what the upload before them gives back.
//!
//! Clients write these documents, servers read them.

use crate::{FileId, ImportOptions, List, model, open_enum};

model! {
    /// A file that was uploaded.
    pub struct UploadedFile {
        /// What the start of an import names it by.
        #[key("fileId", always)]
        pub id: Option<FileId>,
        /// A digest of the file, 40 hexadecimal digits. No source says of which kind.
        #[key("hash")]
        pub hash: Option<String>,
        /// The name that the platform gave it.
        #[key("fileName")]
        pub file_name: Option<String>,
    }
}

model! {
    /// An import that makes a new bot, of single files or of one zip.
    pub struct NewBotImport {
        /// Whether `zipInfo` is given or the single files. Older servers do not know it.
        #[key("uploadMode", always)]
        pub upload_mode: Option<UploadMode>,
        /// The definition of the bot.
        #[key("botDefinition")]
        pub bot_definition: Option<FileId>,
        /// Its configuration.
        #[key("configInfo")]
        pub config_info: Option<FileId>,
        /// Its functions.
        #[key("botFunctions")]
        pub bot_functions: Option<List<FileId>>,
        /// Its icon.
        #[key("icon")]
        pub icon: Option<FileId>,
        /// All of it, as an export packs it.
        #[key("zipInfo")]
        pub zip_info: Option<FileId>,
        /// The name of the new bot; that in the definition by default.
        #[key("name")]
        pub name: Option<String>,
        /// Whom the bot is for; what the definition says by default.
        #[key("purpose")]
        pub purpose: Option<Purpose>,
    }
}

model! {
    /// An import into a bot that exists.
    pub struct ExistingBotImport {
        /// The definition of the bot.
        #[key("botDefinition", always)]
        pub bot_definition: Option<FileId>,
        /// Its configuration.
        #[key("configInfo", always)]
        pub config_info: Option<FileId>,
        /// Its functions.
        #[key("botFunctions")]
        pub bot_functions: Option<List<FileId>>,
        /// What of the files is imported. Without it the import is a full one, which deletes from the
        /// bot what the files lack (tested by the vendor; its document says only that all components
        /// are imported).
        #[key("importOptions")]
        pub import_options: Option<ImportOptions>,
    }
}

open_enum! {
    /// How the files of a new bot are given.
    pub enum UploadMode {
        /// One by one.
        Json = "JSON",
        /// In a zip.
        Zip = "ZIP",
    }
}

open_enum! {
    /// Whom a bot is for.
    pub enum Purpose {
        /// Customers.
        Customer = "customer",
        /// Employees.
        Employee = "employee",
    }
}
