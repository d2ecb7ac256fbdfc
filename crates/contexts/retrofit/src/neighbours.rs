//! What other rooms ask of this one.

use linli_board::{BoardCase, BoardSection, SectionAnswer};
use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};

use crate::error::RetrofitError;
use crate::queries;

/// How far the lifts of the estate are, on every board of it.
#[derive(Debug, Clone, Copy)]
pub struct LiftsOnBoard;

impl BoardSection for LiftsOnBoard {
    fn section<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        place: &'a PlacePath,
        _: Ts,
    ) -> SectionAnswer<'a> {
        Box::pin(async move {
            if place.depth() < PlaceLevel::Estate.depth() {
                return Ok(Vec::new());
            }
            let (all, signed) = queries::signed_of(c, district, place).await.map_err(|error| match error {
                RetrofitError::Db(error) => error,
                _ => DbError::Unavailable(None),
            })?;
            if all == 0 {
                return Ok(Vec::new());
            }
            Ok(vec![BoardCase {
                number: format!("{signed}/{all}"),
                title: format!("加装电梯：{all} 个单元中 {signed} 个已签约"),
                title_en: format!("Lifts: {signed} of {all} stairwells signed"),
                state_word_key: if signed == all { "lift-board-all" } else { "lift-board-going" }.to_owned(),
                state_kind: if signed == all { "well" } else { "info" },
                promised: None,
                solved: None,
            }])
        })
    }
}
