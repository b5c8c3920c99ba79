//! Reads the ids of files from the body of a start, for servers. Both calls that start an import use it.

use kore_types::{Extra, FileId, List};

use crate::Refusal;

/// A key that names a file, its value, and whether it is required.
pub(in crate::bot_import) type Named<'a> = (&'static str, &'a Option<FileId>, bool);

/// The key of the bot's functions, in both calls.
const FUNCTIONS: &str = "botFunctions";

/// The ids of all files that are named.
pub(in crate::bot_import) fn all<'a, const N: usize>(
    single: [&'a Option<FileId>; N],
    functions: &'a Option<List<FileId>>,
) -> impl Iterator<Item = &'a FileId> {
    let functions = functions.iter().flat_map(|functions| &functions.items);
    single.into_iter().flatten().chain(functions)
}

/// A missing key is refused before an invalid id, since the platform checks ids last.
pub(in crate::bot_import) fn check(
    named: &[Named<'_>],
    functions: &Option<List<FileId>>,
    extra: &Extra,
) -> Result<(), Refusal> {
    let is_odd =
        |key: &str| extra.get(key).is_some_and(|value| !value.is_null() && value.as_str() != Some(""));
    if named.iter().any(|(key, id, is_required)| *is_required && id.is_none() && !is_odd(key)) {
        return Err(Refusal::InvalidArguments);
    }
    let has_odd_function = functions.as_ref().is_some_and(|functions| !functions.others.is_empty());
    if has_odd_function || is_odd(FUNCTIONS) || named.iter().any(|(key, ..)| is_odd(key)) {
        return Err(Refusal::InvalidFileId);
    }
    Ok(())
}
