//! What votes show on the board of a place: which run, and until when.

use linli_board::{BoardCase, BoardSection, SectionAnswer};
use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};

use crate::model::{Mode, State};
use crate::store::votes;

/// Votes that run, on the boards of their place and below it.
#[derive(Debug, Clone, Copy)]
pub struct VotesOnBoard;

impl BoardSection for VotesOnBoard {
    fn section<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        place: &'a PlacePath,
        now: Ts,
    ) -> SectionAnswer<'a> {
        Box::pin(async move { running(c, district, place, now).await })
    }
}

async fn running(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath, now: Ts) -> Result<Vec<BoardCase>, DbError> {
    let above: Vec<PlacePath> =
        place.ancestors().into_iter().filter(|place| place.depth() >= PlaceLevel::Estate.depth()).collect();
    let all = votes::at_places(c, district, &above, 20).await?;
    let open = all.into_iter().filter(|vote| vote.state == State::Open && vote.closes_at.is_some_and(|at| at > now));
    let shown = |vote: crate::model::Vote| {
        let (zh, en) = match vote.mode {
            Mode::Binding => ("业主表决", "Owners' vote"),
            Mode::Consultation => ("征求意见", "Consultation"),
        };
        BoardCase {
            title: format!("{zh}：{}", vote.title),
            title_en: format!("{en}: {}", vote.title),
            number: vote.number,
            state_word_key: "ballot-board-open".to_owned(),
            state_kind: "info",
            promised: vote.closes_at,
            solved: None,
        }
    };
    Ok(open.map(shown).collect())
}
