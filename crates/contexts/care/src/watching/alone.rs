//! The watch where several servers share one database and one of them keeps it (看护归属). Whoever may is decided outside, by a claim of the
//! database that ends with the process; here is what comes with it:
//! * A count of keepers. What a keeper of before would still take up, or still remove from what the watch has to be told, is not done.
//! * The folder. What is known since when of whom lies in one folder, and another would make alarms of people who were heard long since. A
//!   server whose folder is not the one in which the watch was kept last does not take it over by itself.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use linli_kernel::DistrictId;
use uuid::Uuid;

use super::keeper::{Held, WatchPlan};
use super::{Care, Refused};
use crate::commands::{self, Claim};
use crate::error::CareError;
use crate::store;

/// The part that stands for the whole watch. There are never so many parts.
const WHOLE: u16 = u16::MAX;

/// Where the watch is kept, as seen from this process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keeping {
    /// Nobody has begun yet, or this process was not asked to.
    #[default]
    NotBegun,
    /// Here.
    Here,
    /// Another server on the same database keeps it.
    Elsewhere,
    /// By nobody: it was kept last in another folder than the one of this server.
    OtherFolder,
}

impl Keeping {
    /// In plain words, for whoever runs the machine.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotBegun => "not begun here",
            Self::Here => "kept here",
            Self::Elsewhere => "another server on this database keeps it",
            Self::OtherFolder => "kept by nobody: it was kept last in another folder than the one of this server",
        }
    }
}

impl Care {
    /// Where the watch is kept.
    #[must_use]
    pub fn keeping(&self) -> Keeping {
        if self.runs() { Keeping::Here } else { *self.keeping.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// Another process has the claim.
    pub fn is_kept_elsewhere(&self) {
        *self.keeping.lock().unwrap_or_else(PoisonError::into_inner) = Keeping::Elsewhere;
    }

    /// As [`Care::start`], for the one server among several that has the claim. With `anew` a folder that is not the one in which the watch
    /// was kept last is emptied, and silence is counted from now.
    ///
    /// # Errors
    /// `care.watch_elsewhere` when the folder is another one and somebody is watched; as [`Care::start`].
    pub async fn start_alone(&self, plan: &WatchPlan, anew: bool) -> Result<(), CareError> {
        let _turn = self.turn.lock().await;
        let folders = self.folders_that_may().await?;
        let keeper = match self.open(plan, &Held { folders, anew }).await {
            Err(CareError::Watch(Refused::OtherFolder)) => {
                *self.keeping.lock().unwrap_or_else(PoisonError::into_inner) = Keeping::OtherFolder;
                return Err(Refused::OtherFolder.into());
            }
            opened => opened?,
        };
        let epoch = self.note_keeper(keeper.id).await?;
        self.alone.store(epoch, Ordering::SeqCst);
        self.begin_with(keeper).await
    }

    /// In which folders the watch may go on; in any while nobody is watched, or nothing ever came of the watch.
    async fn folders_that_may(&self) -> Result<Option<Vec<Uuid>>, CareError> {
        let mut watched = false;
        for district in self.districts().await? {
            watched = watched || store::keeper::anybody(&mut self.db.read().await?.conn(), district).await?;
        }
        if !watched {
            return Ok(None);
        }
        let mut read = self.db.read().await?;
        if let Some((_, folder)) = store::keeper::kept(&mut read.conn()).await? {
            return Ok(Some(vec![folder]));
        }
        // From before keepers were counted.
        Ok(Some(store::keeper::folders(&mut read.conn()).await?).filter(|folders| !folders.is_empty()))
    }

    /// From here on a keeper of before does nothing in any district.
    async fn note_keeper(&self, folder: Uuid) -> Result<i64, CareError> {
        let mut tx = self.db.begin(DistrictId::CITY).await?;
        let epoch = store::keeper::keep(&mut tx.conn()?, folder, self.clock.now()).await?;
        tx.commit().await?;
        for district in self.districts().await? {
            let mut tx = self.db.begin(district).await?;
            if !commands::claim(&mut tx, Claim { part: WHOLE, epoch }).await? {
                return Err(Refused::Later("another server has taken the watch over".to_owned()).into());
            }
            tx.commit().await?;
        }
        Ok(epoch)
    }

    /// Whether no other server has taken the watch over since this one began to keep it.
    ///
    /// # Errors
    /// Store errors.
    pub async fn keeps_still(&self) -> Result<bool, CareError> {
        let kept = store::keeper::kept(&mut self.db.read().await?.conn()).await?;
        Ok(kept.is_some_and(|(epoch, _)| epoch == self.alone.load(Ordering::SeqCst)))
    }

    /// The claim under which the whole watch is kept here; nothing where only one process can.
    pub(super) fn whole(&self) -> Option<Claim> {
        let epoch = self.alone.load(Ordering::SeqCst);
        (epoch > 0).then_some(Claim { part: WHOLE, epoch })
    }
}
