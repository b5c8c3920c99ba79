//! The bodies of the calls that start an import, and the response to the upload before them.
//!
//! Clients write the bodies and servers read them; the response goes the other way.

use crate::{FileId, ImportOptions, List, model, open_enum};

model! {
    /// A file that was uploaded.
    pub struct UploadedFile {
        /// The id by which the start of an import names the file.
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
    /// The start of an import that makes a new bot, from single files or from one zip.
    pub struct NewBotImport {
        /// `ZIP` if `zipInfo` is given, `JSON` for single files. Older servers do not know this key.
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
        /// A zip with all of these, as an export packs it.
        #[key("zipInfo")]
        pub zip_info: Option<FileId>,
        /// The name of the new bot. By default it is the one in the definition.
        #[key("name")]
        pub name: Option<String>,
        /// Whom the bot is for. By default it is what the definition says.
        #[key("purpose")]
        pub purpose: Option<Purpose>,
    }
}

model! {
    /// The start of an import into a bot that exists.
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
        /// Which parts of the files are imported. Without this key the import is a full one, which
        /// deletes from the bot what the files lack (tested by the vendor; its document says only that
        /// all components are imported).
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

open_enum! {
    /// The purpose of a file.
    pub enum FileContext {
        /// The import of a bot: its definition, configuration, functions and icon.
        BulkImport = "bulkImport",
        /// Data of Search AI.
        Findly = "findly",
    }
}
