//! An import that is started and then watched to its end.

use std::future::IntoFuture;
use std::pin::Pin;

use kore_protocol::watch::End;
use kore_types::BotImportId;

use super::{Import, ImportEvent};
use crate::wait::SetWatch;
use crate::{Client, Error, Wait, blocking};

/// An import that is started and then watched to its end. Await it, or `run` it on a blocking client.
#[must_use = "it does nothing until it is awaited or run"]
pub struct WatchedImport<'a, C> {
    import: Import<'a, C>,
    set: SetWatch<'a, C, BotImportId>,
}

impl<'a, C> Import<'a, C> {
    /// Watches the import to its end, once it is started. `set` changes the settings of the watch, such
    /// as its deadline, which counts from the accepted import. Its events go to
    /// [`on_event`](Self::on_event) too, as [`ImportEvent::Watch`].
    ///
    /// ```no_run
    /// # async fn example(client: kore_sdk::Client, files: kore_sdk::ImportFiles) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use kore_sdk::watch::End;
    ///
    /// let import = client.import_bot(files).new_bot("shop");
    /// match import.watch(|wait| wait.deadline(Duration::from_secs(600))).await? {
    ///     End::Succeeded(_) => println!("imported"),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(
        self,
        set: impl FnOnce(Wait<'a, C, BotImportId>) -> Wait<'a, C, BotImportId> + Send + 'a,
    ) -> WatchedImport<'a, C> {
        WatchedImport { import: self, set: Box::new(set) }
    }
}

impl<'a> IntoFuture for WatchedImport<'a, Client> {
    type Output = Result<End<BotImportId, Error>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let client = self.import.client;
            let (accepted, mut on_event) = self.import.start().await?;
            let wait = (self.set)(client.watch_import(&accepted.import_id));
            Ok(wait.on_event(move |event| on_event.tell(ImportEvent::Watch(event.clone()))).await?)
        })
    }
}

impl WatchedImport<'_, blocking::Client> {
    /// Starts the import and watches it on the calling thread.
    ///
    /// # Errors
    /// If it cannot be started, as for [`Import::run`], or if the rate limit allows no poll before the
    /// deadline of the watch.
    pub fn run(self) -> Result<End<BotImportId, Error>, Error> {
        let client = self.import.client;
        let (accepted, mut on_event) = self.import.start_blocking()?;
        let wait = (self.set)(client.watch_import(&accepted.import_id));
        Ok(wait.on_event(move |event| on_event.tell(ImportEvent::Watch(event.clone()))).run()?)
    }
}
