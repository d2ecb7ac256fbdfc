//! The pages of this room.

pub(crate) mod actions;
pub(crate) mod calls;
pub(crate) mod classes;
pub(crate) mod classing;
pub(crate) mod duty;
pub(crate) mod hotline;
pub(crate) mod intake;
pub(crate) mod link;
pub(crate) mod live;
pub(crate) mod photos;
pub(crate) mod report;
pub(crate) mod today;
pub(crate) mod unit_desk;
pub(crate) mod units;
pub(crate) mod ways;
pub(crate) mod words;
pub(crate) mod work;

use std::sync::Arc;

use linli_access::Ctx;
use linli_db::DbError;
use linli_hall::Hall;
use linli_kernel::{DistrictId, PlacePath};
use linli_webkit::form::Upload;
use linli_webkit::photo::Bringer;
use linli_webkit::{AppError, FieldProblem as FormProblem};

use crate::commands::Prepared;
use crate::error::{CasesError, FieldProblem};
use crate::model::StoredPhoto;
use crate::neighbours::Neighbours;
use crate::office::Office;
use crate::window::ReportWindow;

impl From<CasesError> for AppError {
    fn from(error: CasesError) -> Self {
        match error {
            CasesError::Denied(refusal) => linli_hall::denied(refusal),
            CasesError::Db(error) => linli_hall::store_error(error),
            CasesError::Field { field, problem } => Self::invalid(vec![form_problem(field, problem)]),
            CasesError::EvidenceMissing => Self::new(error.code()).field(FormProblem::new("photo", "cases-field-evidence")),
            CasesError::ClassUnknown(_) => Self::invalid(vec![FormProblem::new("class", "field-not-a-choice")]),
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}

fn form_problem(field: &str, problem: FieldProblem) -> FormProblem {
    match problem {
        FieldProblem::Required => FormProblem::new(field, "cases-field-required"),
        FieldProblem::TooLong { max, found } => FormProblem::new(field, "field-too-long").arg("max", max).arg("found", found),
        FieldProblem::ControlCharacter => FormProblem::new(field, "field-control-character"),
        FieldProblem::NotAPhone => FormProblem::new(field, "field-not-a-phone"),
        FieldProblem::NotAnswering => FormProblem::new(field, "cases-field-not-answering"),
        FieldProblem::NotLater => FormProblem::new(field, "cases-field-not-later"),
        FieldProblem::NotWithinAYear => FormProblem::new(field, "cases-field-not-within-a-year"),
        FieldProblem::NoSuchCase => FormProblem::new(field, "cases-field-no-such-case"),
        FieldProblem::NotAnotherOpenCase => FormProblem::new(field, "cases-field-not-another-open-case"),
        FieldProblem::NotInTheList => FormProblem::new(field, "cases-field-not-in-the-list"),
        FieldProblem::NotKept => FormProblem::new(field, "cases-field-not-kept"),
        FieldProblem::Ended => FormProblem::new(field, "cases-field-ended"),
        FieldProblem::NothingNew => FormProblem::new(field, "cases-field-nothing-new"),
        FieldProblem::TakeOverFirst => FormProblem::new(field, "cases-field-take-over-first"),
        FieldProblem::OwnHandover => FormProblem::new(field, "cases-field-own-handover"),
        FieldProblem::NotAUnit => FormProblem::new(field, "cases-field-not-a-unit"),
        FieldProblem::CalledAlready => FormProblem::new(field, "cases-field-called-already"),
        FieldProblem::AskedAlready => FormProblem::new(field, "cases-field-asked-already"),
        FieldProblem::BeforeReceipt => FormProblem::new(field, "cases-field-before-receipt"),
        FieldProblem::InTheFuture => FormProblem::new(field, "cases-field-in-the-future"),
        FieldProblem::NotSinceReceipt => FormProblem::new(field, "cases-field-not-since-receipt"),
        FieldProblem::OfAnotherPlace => FormProblem::new(field, "cases-field-of-another-place"),
        FieldProblem::NameTaken => FormProblem::new(field, "cases-field-name-taken"),
        FieldProblem::TooMany { max } => FormProblem::new(field, "field-too-many-files").arg("max", max),
    }
}

/// A store error as an answer.
pub(crate) fn store(error: DbError) -> AppError {
    linli_hall::store_error(error)
}

/// The office of the house.
pub(crate) fn office(hall: &Hall) -> Result<Arc<Office>, AppError> {
    hall.service::<Office>()
}

/// The window of the house, where reports are filed.
pub(crate) fn window(hall: &Hall) -> Result<Arc<ReportWindow>, AppError> {
    hall.service::<ReportWindow>()
}

/// The place of a board's code, from memory where it was asked a moment ago.
pub(crate) async fn place_of_board(hall: &Hall, code: &str) -> Result<Option<(DistrictId, PlacePath)>, AppError> {
    let office = office(hall)?;
    let edition = match office.board(code, hall.now()) {
        Ok(known) => return Ok(Some(known)),
        Err(edition) => edition,
    };
    let found = neighbours(hall)?.place_of_code(&mut hall.read().await?.conn(), code).await.map_err(store)?;
    if let Some(place) = &found {
        office.remember_board(edition, code, place, hall.now());
    }
    Ok(found)
}

/// The neighbours of the house.
pub(crate) fn neighbours(hall: &Hall) -> Result<Arc<dyn Neighbours>, AppError> {
    hall.service::<dyn Neighbours>()
}

/// Says in a report where it was made, when its case will hang higher up than that: its place does not say it any more.
///
/// # Errors
/// Store errors.
pub async fn say_where(hall: &Hall, district: DistrictId, report: Prepared) -> Result<Prepared, AppError> {
    if !report.hangs_higher() {
        return Ok(report);
    }
    let mut read = hall.read().await?;
    let name = neighbours(hall)?.place_name(&mut read.conn(), district, report.place()).await.map_err(store)?;
    Ok(report.with_whereabouts(&name))
}

/// Cleans photos of metadata and stores them beside the database, before the transaction that names them. Those of somebody signed in
/// (`ctx`) do not wait behind those of strangers.
///
/// # Errors
/// A wrong field `photo` for what is no photo; store errors.
pub async fn keep_photos(hall: &Hall, ctx: &Ctx, uploads: Vec<Upload>) -> Result<Vec<StoredPhoto>, AppError> {
    let by = if ctx.person().is_some() { Bringer::Signed } else { Bringer::Stranger };
    let mut kept = Vec::with_capacity(uploads.len());
    for upload in uploads {
        let photo = hall.darkroom().develop(upload.bytes, by).await.map_err(|e| {
            let key = format!("error-{}", e.code().name.replace(['.', '_'], "-"));
            if e.status().is_server_error() { e } else { AppError::invalid(vec![FormProblem::new("photo", &key)]) }
        })?;
        let size = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let (bytes, thumb_bytes) = (size(photo.jpeg.len()), size(photo.thumb.len()));
        let blobs = hall.db().blobs();
        let hash = blobs.put(photo.jpeg.into()).await.map_err(store)?;
        let thumb = blobs.put(photo.thumb.into()).await.map_err(store)?;
        kept.push(StoredPhoto { hash, bytes, thumb, thumb_bytes });
    }
    Ok(kept)
}
