//! People and appointments from rows of the own format.

use linli_access::Ctx;
use linli_db::Db;
use linli_kernel::{DistrictId, Ts};
use linli_people::PeopleError;
use linli_people::commands::{put_appointments, put_people};
use linli_people::model::{AppointmentInput, PersonInput};
use linli_territory::error::{Answer, Outcome, Problem};
use linli_territory::import::{Answers, Row as _, Totals};

use super::report::Report;
use super::table::TableRow;

/// Rows recorded at once.
const BATCH: usize = 5_000;

macro_rules! entry_point {
    ($name:ident, $read:ident, $put:ident) => {
        pub async fn $name(
            ctx: &Ctx,
            db: &Db,
            district: DistrictId,
            rows: impl Iterator<Item = Result<TableRow, (u64, Problem)>> + Send,
            dry_run: bool,
            report: &mut Report,
        ) -> Result<Totals, PeopleError> {
            let mut rows = rows;
            let mut totals = Totals::default();
            loop {
                let (batch, inputs) = read_batch(&mut rows, report, &mut totals, $read);
                if batch.is_empty() {
                    return Ok(totals);
                }
                let mut tx = db.begin(district).await?;
                let answers = $put(ctx, &mut tx, &inputs).await?;
                if dry_run {
                    drop(tx);
                } else {
                    tx.commit().await?;
                }
                for (row, answer) in batch.iter().zip(&answers) {
                    count(&mut totals, answer);
                    report.answered(row, answer);
                }
            }
        }
    };
}

entry_point!(import_people, person, put_people);
entry_point!(import_appointments, appointment, put_appointments);

fn read_batch<T>(
    rows: &mut impl Iterator<Item = Result<TableRow, (u64, Problem)>>,
    report: &mut Report,
    totals: &mut Totals,
    read: fn(&TableRow) -> Result<T, Problem>,
) -> (Vec<TableRow>, Vec<T>) {
    let (mut batch, mut inputs) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Err((line, problem)) => {
                totals.rows += 1;
                totals.rejected += 1;
                Answers::<TableRow>::unreadable(report, line, &problem);
            }
            Ok(row) => match read(&row) {
                Ok(input) => {
                    batch.push(row);
                    inputs.push(input);
                }
                Err(problem) => {
                    let answer = Answer::from(problem);
                    count(totals, &answer);
                    report.answered(&row, &answer);
                }
            },
        }
        if batch.len() == BATCH {
            break;
        }
    }
    (batch, inputs)
}

fn count(totals: &mut Totals, answer: &Answer) {
    totals.rows += 1;
    match answer.outcome {
        Outcome::Created => totals.created += 1,
        Outcome::Changed(_) => totals.changed += 1,
        Outcome::Unchanged => totals.unchanged += 1,
        Outcome::Rejected(_) => totals.rejected += 1,
    }
}

fn text(row: &TableRow, column: &'static str) -> Option<String> {
    row.cell(column).map(str::trim).filter(|t| !t.is_empty()).map(ToOwned::to_owned)
}

fn required(row: &TableRow, column: &'static str) -> Result<String, Problem> {
    text(row, column).ok_or_else(|| Problem::new(column, "missing", ""))
}

fn person(row: &TableRow) -> Result<PersonInput, Problem> {
    Ok(PersonInput {
        code: required(row, "person_code")?,
        name: required(row, "name")?,
        organisation_kind: text(row, "organisation_kind"),
        organisation_name: text(row, "organisation_name"),
        organisation_credit_code: text(row, "organisation_credit_code"),
        work_phone: text(row, "work_phone"),
    })
}

fn appointment(row: &TableRow) -> Result<AppointmentInput, Problem> {
    Ok(AppointmentInput {
        person_code: required(row, "person_code")?,
        organisation_name: text(row, "organisation_name"),
        role: required(row, "role")?,
        title: text(row, "title").unwrap_or_default(),
        place: text(row, "place").unwrap_or_default(),
        grid_code: text(row, "grid_code"),
        public_phone: text(row, "public_phone"),
        valid_from: day(row, "from")?.ok_or_else(|| Problem::new("from", "missing", ""))?,
        valid_to: day(row, "to")?,
    })
}

/// A date `2026-11-24`: its first moment in Beijing.
fn day(row: &TableRow, column: &'static str) -> Result<Option<Ts>, Problem> {
    let Some(written) = text(row, column) else { return Ok(None) };
    let date: jiff::civil::Date = written.parse().map_err(|_| Problem::new(column, "date", written.clone()))?;
    Ts::from_local(date.at(0, 0, 0, 0)).map(Some).ok_or_else(|| Problem::new(column, "date", written))
}
