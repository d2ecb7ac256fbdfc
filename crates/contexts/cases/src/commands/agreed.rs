//! What was agreed on elsewhere, at a meeting, becomes an ordinary case: with an owner, and promised by the day that was agreed on (议定事项).

use linli_access::Ctx;
use linli_calendar::Term;
use linli_db::Tx;
use linli_kernel::Ts;
use uuid::Uuid;

use super::report::{authorise, prepare};
use super::{NewReport, Reported, assign, file};
use crate::error::{CasesError, FieldProblem};
use crate::office::Office;
use crate::promise::{Promise, Under};

/// The clock of what is promised by a day that was agreed on; it stands in no pack, the day is in the promise itself.
const AGREED: &str = "agreed";

/// By which day, and who said so.
#[derive(Debug, Clone)]
pub struct Agreed {
    /// The day, at whose end it is due.
    pub day: jiff::civil::Date,
    /// The rule under which the day was agreed on, as the journal names rules: id, version and digest.
    pub rule: String,
    /// Whose it is: an appointment that answers for the place.
    pub owner: Uuid,
}

/// Files what was agreed on as a case and gives it to its owner. The promise is the end of the day that was agreed on, as a period of days counted from
/// now, so that a hold or more time moves it as it moves every other promise. Words that would mean danger in a report mean none here: a meeting does not
/// decide to call the fire brigade.
///
/// # Errors
/// `Field` `due` for a day that is over; otherwise as [`super::report`] and [`super::assign`].
pub async fn report_agreed(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    input: NewReport,
    agreed: &Agreed,
) -> Result<Reported, CasesError> {
    authorise(ctx, tx.district(), &input.place)?;
    let now = ctx.now();
    let under = until_the_end_of(agreed.day, now, &agreed.rule)
        .ok_or(CasesError::Field { field: "due", problem: FieldProblem::NotInTheList })?;
    let mut prepared = prepare(ctx, office, input)?;
    prepared.promise = Promise::begin(under.clone(), now).due(&office.calendar(), &[]);
    AGREED.clone_into(&mut prepared.governing.clock);
    prepared.under = Some(under);
    prepared.call_first.clear();
    let filed = file(tx, office, &[(ctx, &prepared)]).await?.pop().unwrap_or(Err(CasesError::Changed))?;
    // The key of the form is the report's; what follows happens with it or not at all.
    let following = Ctx { idempotency_key: None, ..ctx.clone() };
    if filed.owner.as_ref().is_none_or(|owner| owner.appointment != agreed.owner) && !filed.again {
        assign(&following, tx, office, filed.id, agreed.owner).await?;
    }
    Ok(filed)
}

/// So many days of the calendar from an instant as end with that day: none for a day that is today or over.
fn until_the_end_of(day: jiff::civil::Date, now: Ts, rule: &str) -> Option<Under> {
    let days = u32::try_from(now.local().date().until(day).ok()?.get_days()).ok().filter(|days| *days > 0)?;
    let term: Term = serde_json::from_str(&format!(r#"{{"unit":"calendar_days","amount":{days}}}"#)).ok()?;
    Some(Under { clock: AGREED.to_owned(), term, rule: rule.to_owned() })
}

#[cfg(test)]
mod tests {
    use linli_calendar::Calendar;

    use super::*;

    fn at(day: i8, hour: i8) -> Ts {
        Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, 0, 0, 0)).unwrap()
    }

    #[test]
    fn it_is_due_at_the_end_of_the_day_that_was_agreed_on() {
        let calendar = Calendar::builtin().unwrap();
        let due = |day: i8| {
            let under = until_the_end_of(jiff::civil::date(2026, 11, day), at(24, 20), "x")?;
            Promise::begin(under, at(24, 20)).due(&calendar, &[]).map(|due| due.at)
        };
        assert_eq!(due(25), Some(at(26, 0)));
        assert_eq!(due(28), Some(at(29, 0)), "a Saturday stays the day that was agreed on");
        assert_eq!(due(24), None);
        assert_eq!(due(23), None);
    }
}
