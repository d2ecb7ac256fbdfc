//! The next meetings on the boards (楼门公告牌上的会议).

use linli_board::{BoardCase, BoardSection, SectionAnswer};
use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, PlacePath, Ts};

use crate::model::{Kind, Meeting, State};
use crate::store::meetings;

/// Shows the next meetings on the boards of their places.
#[derive(Debug, Clone, Copy, Default)]
pub struct MeetingsOnBoard;

/// The most meetings on a board.
const SHOWN: usize = 3;

/// What a kind is called, on a board that is made for both languages at once.
const fn kind_words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Joint => ("联席会议", "Joint meeting"),
        Kind::Single => ("一事一议", "Single-matter meeting"),
        Kind::Hearing => ("民主议事会", "Democratic hearing"),
        Kind::Residents => ("居民会议", "Residents' meeting"),
    }
}

fn row(meeting: Meeting) -> BoardCase {
    let (zh, en) = kind_words(meeting.kind);
    let when = meeting.starts_at.local();
    let (month, day, hour, minute) = (when.month(), when.day(), when.hour(), when.minute());
    BoardCase {
        number: meeting.number,
        title: format!("{zh}：{month}月{day}日 {hour:02}:{minute:02}，{}", meeting.venue),
        title_en: format!("{en}: {} {hour:02}:{minute:02}, {}", when.strftime("%-d %B"), meeting.venue),
        state_word_key: "council-board-next".to_owned(),
        state_kind: "info",
        promised: None,
        solved: None,
    }
}

impl BoardSection for MeetingsOnBoard {
    fn section<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        place: &'a PlacePath,
        now: Ts,
    ) -> SectionAnswer<'a> {
        Box::pin(async move {
            let coming: Result<Vec<Meeting>, DbError> = meetings::public_at(c, district, &place.ancestors(), (now, 20)).await;
            Ok(coming?.into_iter().filter(|meeting| meeting.state == State::Called).take(SHOWN).map(row).collect())
        })
    }
}
