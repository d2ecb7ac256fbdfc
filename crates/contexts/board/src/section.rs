//! The port through which later rooms put their part on the board.

use std::future::Future;
use std::pin::Pin;

use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde::Serialize;

/// What a section answers with.
pub type SectionAnswer<'a> = Pin<Box<dyn Future<Output = Result<Vec<BoardCase>, DbError>> + Send + 'a>>;

/// Something that is being worked on at a common part, or was lately solved. It says nothing about who reported it: the
/// title is the class of the matter and the part of the building, never the reporter's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BoardCase {
    /// The number people quote on the phone.
    pub number: String,
    /// What it is, in words of ours, in Chinese.
    pub title: String,
    /// The same in English.
    pub title_en: String,
    /// The text key of its state.
    pub state_word_key: String,
    /// `act`, `soon`, `well`, `info` or empty.
    pub state_kind: &'static str,
    /// By when it was promised to be done; `None` when nothing was promised or the clock rests.
    pub promised: Option<Ts>,
    /// When it was solved; `None` while it is being worked on.
    pub solved: Option<Ts>,
}

/// A room that has something to show on the board of a place.
pub trait BoardSection: Send + Sync + 'static {
    /// What is open and what was lately solved at the common parts of this place, at most twenty, the most pressing first,
    /// the solved ones after the open ones, latest first.
    fn section<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        place: &'a PlacePath,
        now: Ts,
    ) -> SectionAnswer<'a>;
}
