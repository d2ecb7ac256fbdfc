//! Tickets of the city's hotline from a file (12345 工单表): each row is a delivery, as the city's program would send it.
//!
//! What always holds here: every row is answered once, in the order of the file; a rejected row leaves nothing behind; the same file again
//! changes nothing; a batch is one transaction; a dry run writes nothing.

use std::io::Write;
use std::sync::Arc;

use linli_access::{Action, Ctx, Resource};
use linli_db::{Db, Tx};
use linli_kernel::{DistrictId, PlacePath};
use linli_sheet::{FieldError, FieldKind, FieldSpec, Mapping, Outcome, Record, Report, Row, Schema, Source, Totals};

use super::{Decision, ImportError};
use crate::commands::{self, DESCRIPTION_MAX, NewTicket, Receipt, TICKET_NO_MAX};
use crate::error::{CasesError, FieldProblem};
use crate::neighbours::Neighbours;
use crate::office::Office;

/// Rows of one transaction.
const BATCH_ROWS: usize = 1_000;

/// The fields of a table of tickets, and what a mapping may fill.
#[must_use]
pub fn ticket_schema() -> Arc<Schema> {
    Arc::new(Schema::new(
        "hotline",
        [
            FieldSpec::new("ticket_no", FieldKind::Identifier).required().aliases(&["工单编号"]).max_chars(TICKET_NO_MAX),
            FieldSpec::new("title", FieldKind::Text).aliases(&["标题"]).max_chars(200),
            FieldSpec::new("content", FieldKind::Text).required().aliases(&["内容"]).max_chars(DESCRIPTION_MAX),
            FieldSpec::new("category", FieldKind::Text).aliases(&["类别", "诉求类别"]).max_chars(100),
            FieldSpec::new("place", FieldKind::Text).aliases(&["地点"]).max_chars(200),
            FieldSpec::new("received_at", FieldKind::Instant).aliases(&["受理时间"]),
            FieldSpec::new("due_at", FieldKind::Instant).aliases(&["办理时限"]),
            FieldSpec::new("phone", FieldKind::Text).aliases(&["联系电话"]).max_chars(40),
            FieldSpec::new("rework", FieldKind::Text).aliases(&["重办原因"]).max_chars(commands::NOTE_MAX),
            FieldSpec::new("rework_at", FieldKind::Instant).aliases(&["重办时间"]),
        ],
    ))
}

/// Who and what an import of tickets works with.
pub struct TicketImport<'a> {
    /// Who imports.
    pub ctx: &'a Ctx,
    /// The store.
    pub db: &'a Db,
    /// Rules and vault.
    pub office: &'a Office,
    /// Where keys of places are looked up.
    pub neighbours: &'a dyn Neighbours,
    /// The district the tickets belong to.
    pub district: DistrictId,
    /// Answer every row, write nothing.
    pub dry_run: bool,
    /// The place of rows that name none; `None` rejects them.
    pub place: Option<PlacePath>,
    /// How reasons are said.
    pub say: &'a (dyn Fn(&FieldError) -> String + Sync),
}

/// A row with what was read from it.
type Read = (Row, Result<Record, Vec<FieldError>>);

impl TicketImport<'_> {
    /// Takes a file. `progress` is told how many rows were answered.
    ///
    /// # Errors
    /// When the actor may not import there, the mapping does not fit the file, the file breaks off, or the store fails; whole
    /// batches before that are kept.
    pub async fn run<W: Write + Send>(
        &self,
        source: Source,
        mapping: &Mapping,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Totals, ImportError> {
        let top = self.place.clone().unwrap_or_default();
        self.ctx.may(Action::Import, Resource::Case, self.district, &top).map_err(CasesError::from)?;
        let bound = mapping.bind(source.headers(), source.format())?;
        let (mut waiting, mut answered): (Vec<Read>, u64) = (Vec::with_capacity(BATCH_ROWS), 0);
        for row in source {
            let row = row?;
            let record = bound.apply(&row);
            waiting.push((row, record));
            if waiting.len() == BATCH_ROWS {
                answered += self.answer(std::mem::take(&mut waiting), report).await?;
                progress(answered);
            }
        }
        answered += self.answer(waiting, report).await?;
        progress(answered);
        Ok(report.totals())
    }

    async fn answer<W: Write + Send>(&self, rows: Vec<Read>, report: &mut Report<W>) -> Result<u64, ImportError> {
        let mut tx = self.db.begin(self.district).await?;
        let mut decisions = Vec::with_capacity(rows.len());
        for (row, record) in rows {
            let decision = match record {
                Ok(record) => self.take(&mut tx, &record).await?,
                Err(wrong) => Decision::rejected(wrong),
            };
            decisions.push((row, decision));
        }
        // A dry run has taken everything in; dropped, none of it happened.
        if !self.dry_run {
            tx.commit().await?;
        }
        let mut count = 0;
        for (row, decision) in &decisions {
            let reasons: Vec<String> = decision.notes.iter().map(self.say).collect();
            report.answer_in_words(row, decision.outcome, &reasons)?;
            count += 1;
        }
        Ok(count)
    }

    async fn take(&self, tx: &mut Tx, record: &Record) -> Result<Decision, ImportError> {
        let Some(place) = self.place_of(tx, record).await? else {
            let named = record.opt_text("place");
            let code = if named.is_some() { "place_unknown" } else { "place_missing" };
            return Ok(Decision::rejected(vec![FieldError::new("place", code).value(named.unwrap_or_default())]));
        };
        let text = |field: &str| record.opt_text(field).unwrap_or_default().to_owned();
        let ticket = NewTicket {
            ticket_no: text("ticket_no"),
            title: text("title"),
            content: text("content"),
            category: text("category"),
            place_named: record.opt_text("place").is_some(),
            place,
            // Whoever imports is let in to the places of the tickets themselves.
            within: PlacePath::root(),
            received_at: record.instant("received_at"),
            due_at: record.instant("due_at"),
            phone: record.opt_text("phone").map(str::to_owned),
            rework: record.opt_text("rework").map(str::to_owned),
            rework_at: record.instant("rework_at"),
            fresh: false,
        };
        // What is wrong is found before anything of the row is written.
        match commands::receive_ticket(self.ctx, tx, self.office, ticket).await {
            Ok(received) => Ok(Decision { outcome: outcome(received.receipt), notes: Vec::new() }),
            Err(CasesError::Field { field, problem }) => Ok(Decision::rejected(vec![FieldError::new(field, code(problem))])),
            Err(error) => Err(error.into()),
        }
    }

    async fn place_of(&self, tx: &mut Tx, record: &Record) -> Result<Option<PlacePath>, ImportError> {
        let Some(key) = record.opt_text("place") else { return Ok(self.place.clone()) };
        Ok(self.neighbours.place_of_key(&mut tx.conn()?, self.district, key).await?)
    }
}

const fn outcome(receipt: Receipt) -> Outcome {
    match receipt {
        Receipt::New => Outcome::Accepted,
        Receipt::Changed => Outcome::Changed,
        Receipt::Unchanged => Outcome::Unchanged,
    }
}

/// The code of a reason, as the texts of this room know it.
const fn code(problem: FieldProblem) -> &'static str {
    match problem {
        FieldProblem::BeforeReceipt => "before_receipt",
        FieldProblem::NotSinceReceipt => "not_since_receipt",
        FieldProblem::OfAnotherPlace => "of_another_place",
        FieldProblem::NotAPhone => "not_a_phone",
        FieldProblem::TooLong { .. } => "ticket_too_long",
        FieldProblem::ControlCharacter => "ticket_control_character",
        _ => "ticket_field",
    }
}
