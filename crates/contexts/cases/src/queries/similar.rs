//! What is open around a place and may be what somebody is about to report (附近同类诉求), the likeliest first.

use std::cmp::Reverse;

use linli_access::{Action, Ctx, Resource};
use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};

use super::BoardRow;
use crate::discretion::kept_from;
use crate::error::{CasesError, FieldProblem};
use crate::model::Case;
use crate::rules::Classes;
use crate::store;
use crate::store::lists::{self, NearRow};

/// So many are shown.
const SHOWN: usize = 10;
/// So many of each neighbourhood are compared.
const COMPARED: i64 = 60;

/// An open case around a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Similar {
    /// What a board shows of it.
    pub row: BoardRow,
    /// Where it hangs.
    pub place: PlacePath,
}

/// The open case with this number that another at a place may go on as (并入): one that the actor may see, or that a board shows to everybody
/// around that place. What is open in another estate is not the same.
///
/// # Errors
/// `Field` of `other` where there is none that the actor knows of, or it has ended; store errors.
pub async fn open_by_number(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    (district, place): (DistrictId, &PlacePath),
    number: &str,
) -> Result<Case, CasesError> {
    let wrong = |problem| CasesError::Field { field: "other", problem };
    let found = store::by_number(c, district, number.trim()).await?;
    let reads = |case: &Case| ctx.may(Action::Read, Resource::Case, district, &case.place).is_ok() && !kept_from(ctx, case);
    let around = place.at_level(PlaceLevel::Estate);
    let near = |case: &Case| around.contains(&case.place) || case.place.contains(place);
    let found = found.filter(|case| (case.public && near(case)) || reads(case)).ok_or_else(|| wrong(FieldProblem::NoSuchCase))?;
    if found.is_open() { Ok(found) } else { Err(wrong(FieldProblem::NotAnotherOpenCase)) }
}

/// What is open around a place and everybody may join: the nearest place first (the same entrance, the same building, the same estate), then
/// what is of the same class, then what has words in common, then the newest.
///
/// Only words by which the rules know a class are compared, so that the order tells nobody what else a reporter wrote.
///
/// # Errors
/// Store errors.
pub async fn similar_open(
    c: &mut Conn<'_>,
    classes: &Classes,
    (district, place): (DistrictId, &PlacePath),
    (class, words): (&str, &str),
) -> Result<Vec<Similar>, DbError> {
    let class = match classes.find(class) {
        Some(class) => Some(class),
        None => classes.suggest(words),
    };
    let said = classes.known_words(words);
    let mut found: Vec<(_, Similar)> = Vec::new();
    for row in lists::open_around(c, district, place, COMPARED).await? {
        let in_common = classes.known_words(&row.description).intersection(&said).count();
        let same = class.is_some_and(|class| class.code == row.class);
        let rank = (steps_away(place, &row.place_path), !same, Reverse(in_common), Reverse(row.id));
        found.push((rank, similar(row)?));
    }
    found.sort_by_key(|(rank, _)| *rank);
    Ok(found.into_iter().take(SHOWN).map(|(_, similar)| similar).collect())
}

/// How far apart two places are: 0 here or under it, 1 in the same building, 2 in the same estate.
fn steps_away(here: &PlacePath, there: &PlacePath) -> u8 {
    if here.contains(there) {
        0
    } else if here.at_level(PlaceLevel::Building).contains(there) {
        1
    } else {
        2
    }
}

fn similar(row: NearRow) -> Result<Similar, DbError> {
    let place = row.place_path;
    Ok(Similar { row: super::board_row(row.shown)?, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearer_is_what_shares_more_of_the_way() {
        let path = |text: &str| text.parse::<PlacePath>().unwrap();
        let here = path("0000000100010001000100010001");
        for (there, steps) in [
            ("0000000100010001000100010001", 0),
            ("000000010001000100010001", 1),
            ("0000000100010001000100010002", 1),
            ("00000001000100010001", 2),
            ("000000010001000100010002", 2),
        ] {
            assert_eq!(steps_away(&here, &path(there)), steps, "{there}");
        }
        assert_eq!(steps_away(&path("00000001000100010001"), &here), 0, "an estate has all that lies under it");
    }
}
