//! What only looks.

use std::sync::Arc;

use linli_access::Scope;
use linli_db::Conn;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use linli_record::model::Standing;
use uuid::Uuid;

use crate::model::{Above, Board, DutyPhone, Notice, NoticeId, Pledge};
use crate::{BoardCode, BoardError, BoardSection, neighbours, rules, store};

/// The place of a code.
///
/// # Errors
/// Store errors.
pub async fn place_of_code(c: &mut Conn<'_>, code: &BoardCode) -> Result<Option<(DistrictId, PlacePath)>, BoardError> {
    Ok(store::place_of_code(c, code).await?)
}

/// The code of the board at exactly this place.
///
/// # Errors
/// Store errors.
pub async fn code_of_place(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Option<BoardCode>, BoardError> {
    Ok(store::code_of_place(c, district, place).await?)
}

/// Those of these places that have no board code yet, so that who looks again and again begins a transaction only when there is something to
/// do.
///
/// # Errors
/// Store errors.
pub async fn without_code(c: &mut Conn<'_>, district: DistrictId, places: &[PlacePath]) -> Result<Vec<PlacePath>, BoardError> {
    let mut wanted = places.to_vec();
    wanted.sort();
    let mut missing = Vec::new();
    for batch in wanted.chunks(crate::commands::BATCH) {
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { continue };
        let have = store::boards_between(c, district, first, last).await?;
        missing.extend(batch.iter().filter(|place| have.binary_search(place).is_err()).cloned());
    }
    Ok(missing)
}

/// The code of the board that stands nearest to a place: its own, else its entrance's, else its estate's.
///
/// # Errors
/// Store errors.
pub async fn nearest_code(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Option<BoardCode>, BoardError> {
    for above in place.ancestors().iter().rev().filter(|p| p.depth() >= PlaceLevel::Estate.depth()) {
        if let Some(code) = store::code_of_place(c, district, above).await? {
            return Ok(Some(code));
        }
    }
    Ok(None)
}

/// The boards under a place in the order of their paths, after `after` (empty for the first page), at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn boards_under(
    c: &mut Conn<'_>,
    district: DistrictId,
    under: &PlacePath,
    after: &str,
    limit: i64,
) -> Result<Vec<(PlacePath, BoardCode)>, BoardError> {
    Ok(store::boards_under(c, district, under, after, limit).await?)
}

/// What hangs on the board of a place now: posted there or above, begun, not ended, not withdrawn; latest first.
///
/// # Errors
/// Store errors.
pub async fn notices_now(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    now: Ts,
    limit: i64,
) -> Result<Vec<Notice>, BoardError> {
    Ok(store::notices_now(c, district, place, now, limit).await?)
}

/// A notice on a page of its own: where that is in words, the notice, when it was taken down if it was, and how it stands in the public log.
#[derive(Debug, Clone)]
pub struct OneNotice {
    /// The notice.
    pub notice: Notice,
    /// Where it hangs, in words.
    pub place: String,
    /// When it was taken down.
    pub withdrawn_at: Option<Ts>,
    /// How its posting stands in the public log.
    pub proof: Option<Standing>,
}

/// A notice that was posted, also after its time and after it was taken down: what was public stays to be looked up. Not before it begins.
///
/// # Errors
/// `UnknownNotice`; store errors.
pub async fn one_notice(c: &mut Conn<'_>, district: DistrictId, id: NoticeId, now: Ts) -> Result<OneNotice, BoardError> {
    let found = store::notice(c, district, id).await?.filter(|(_, notice)| notice.starts_at <= now);
    let (withdrawn_at, notice) = found.ok_or(BoardError::UnknownNotice)?;
    let place = neighbours::spoken(c, district, &notice.place).await?;
    let posted = linli_record::queries::history(c, district, id.0).await?;
    let proof = posted.into_iter().find(|standing| standing.kind == rules::POSTED);
    Ok(OneNotice { notice, place, withdrawn_at, proof })
}

/// What was posted in a scope and is not withdrawn, also what has not begun or has ended; latest first, keyset by `before`.
///
/// # Errors
/// Store errors.
pub async fn notices_in(
    c: &mut Conn<'_>,
    scope: &Scope,
    before: Option<NoticeId>,
    limit: i64,
) -> Result<Vec<Notice>, BoardError> {
    Ok(store::notices_under(c, scope.district, &scope.place, before, limit).await?)
}

/// The pledge in force at a place: that of the nearest place, itself included, that has one.
///
/// # Errors
/// Store errors.
pub async fn pledge_at(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath, now: Ts) -> Result<Option<String>, BoardError> {
    Ok(store::pledges_at(c, district, place, now).await?.into_iter().find_map(|row| row.text))
}

/// The 24-hour phone in force at a place: that of the nearest place, itself included, that has one.
///
/// # Errors
/// Store errors.
pub async fn duty_phone_at(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    now: Ts,
) -> Result<Option<DutyPhone>, BoardError> {
    Ok(duty_of(store::pledges_at(c, district, place, now).await?).1)
}

/// Pledge and duty phone in force at a place, each with the place it was set at.
///
/// # Errors
/// Store errors.
pub async fn pledge_in_force(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    now: Ts,
) -> Result<(Option<(String, PlacePath)>, Option<(String, PlacePath)>), BoardError> {
    let rows = store::pledges_at(c, district, place, now).await?;
    let text = rows.iter().find_map(|row| Some((row.text.clone()?, row.place_path.clone())));
    let phone = rows.iter().find_map(|row| Some((row.duty_phone.clone()?, row.place_path.clone())));
    Ok((text, phone))
}

/// What was ever set at exactly this place, the latest beginning first.
///
/// # Errors
/// Store errors.
pub async fn pledges_of(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Vec<Pledge>, BoardError> {
    Ok(store::pledges_of(c, district, place).await?)
}

/// Pledge and duty phone, each from the nearest place that has it.
fn duty_of(rows: Vec<store::PledgeRow>) -> (Option<String>, Option<DutyPhone>) {
    let (mut pledge, mut duty) = (None, None);
    for row in rows {
        pledge = pledge.or(row.text);
        duty = duty.or_else(|| row.duty_phone.map(|phone| DutyPhone { phone, place: row.place_path }));
    }
    (pledge, duty)
}

/// All that the board with this code says now.
///
/// # Errors
/// `UnknownCode`; `UnknownPlace` when the place has gone; store errors.
pub async fn board(c: &mut Conn<'_>, sections: &[Arc<dyn BoardSection>], code: &BoardCode, now: Ts) -> Result<Board, BoardError> {
    let (district, place) = store::place_of_code(c, code).await?.ok_or(BoardError::UnknownCode)?;
    let way = neighbours::way_to(c, district, &place).await?;
    let (within, own): (Vec<Above>, Vec<Above>) = way.into_iter().partition(|step| step.level < PlaceLevel::Estate);
    if own.is_empty() {
        return Err(BoardError::UnknownPlace);
    }
    let name = own.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join(" ");
    let (contacts, vacant) = rules::whom_to_call(neighbours::answering(c, district, &place, now).await?);
    let (pledge, duty) = duty_of(store::pledges_at(c, district, &place, now).await?);
    let (mut working, mut solved) = (Vec::new(), Vec::new());
    for section in sections {
        for case in section.section(c, district, &place, now).await? {
            if case.solved.is_some() { solved.push(case) } else { working.push(case) }
        }
    }
    let notices = store::notices_now(c, district, &place, now, rules::NOTICES_SHOWN).await?;
    let ids: Vec<Uuid> = notices.iter().map(|notice| notice.id.0).collect();
    let proofs = linli_record::queries::standings(c, district, &ids).await?.into_iter().collect();
    Ok(Board {
        district,
        code: code.clone(),
        place,
        name,
        within,
        contacts,
        vacant,
        duty,
        hotline: rules::HOTLINE,
        pledge,
        working,
        solved,
        notices,
        proofs,
        at: now,
    })
}
