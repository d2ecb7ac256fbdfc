//! What a case is promised under (承诺时限), as it is kept with it: the term of its class from the moment its clock began, and each term
//! that was given beyond it (延期), in order. The promise is these terms one after the other, without the pauses.
//!
//! The terms are those of the day on which each was set. A pack that takes the place of another moves nothing that was promised before.

use linli_calendar::{Calendar, Pause, Term};
use linli_db::{Conn, Tx};
use linli_kernel::Ts;

use crate::error::CasesError;
use crate::model::Case;
use crate::office::Office;
use crate::rules::{Due, Rules};
use crate::store::{promises, ways};

/// A clock of the rules as it stood when it was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Under {
    /// Its code.
    pub clock: String,
    /// How long, and in which kind of time.
    pub term: Term,
    /// The pack it stood in: id, version and digest.
    pub rule: String,
}

impl Under {
    /// The clock with this code in these rules; `None` when they have none.
    #[must_use]
    pub fn of(rules: &Rules, clock: &str) -> Option<Self> {
        let term = rules.clocks().named(clock)?.term.clone();
        Some(Self { clock: clock.to_owned(), term, rule: rules.clocks_mark() })
    }

    fn due(&self, calendar: &Calendar, from: Ts, pauses: &[Pause]) -> Option<Due> {
        let deadline = calendar.deadline(from, &self.term, pauses);
        deadline.due().map(|at| Due { at, provisional: deadline.provisional })
    }
}

/// More time that was given (延期).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct More {
    /// How much.
    pub under: Under,
    /// The promise that stood before it; the moment it was given, where nothing was promised.
    pub from: Ts,
    /// When it was given.
    pub given_at: Ts,
}

/// What a case is promised under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// The clock of its class; `None` for what came from a file with the promise of its source, or with none.
    pub class: Option<Under>,
    /// When that clock began.
    pub from: Ts,
    /// What was given beyond it, in order.
    pub more: Vec<More>,
}

impl Promise {
    /// A clock that begins at an instant, and nothing beyond it.
    #[must_use]
    pub const fn begin(class: Under, from: Ts) -> Self {
        Self { class: Some(class), from, more: Vec::new() }
    }

    /// By when: each term counted from where the one before it ends. Provisional when one of them is. `None` while a pause lasts, and when
    /// there is no term.
    #[must_use]
    pub fn due(&self, calendar: &Calendar, pauses: &[Pause]) -> Option<Due> {
        let mut due = match &self.class {
            Some(class) => Some(class.due(calendar, self.from, pauses)?),
            None => None,
        };
        for more in &self.more {
            let (from, provisional) = due.map_or((more.from, false), |before| (before.at, before.provisional));
            let next = more.under.due(calendar, from, pauses)?;
            due = Some(Due { at: next.at, provisional: next.provisional || provisional });
        }
        due
    }

    /// The clock that a line about a promise names: that of the class, or, where the class promised nothing, what was given last.
    #[must_use]
    pub fn named(&self) -> Option<&Under> {
        self.class.as_ref().or_else(|| self.more.last().map(|more| &more.under))
    }
}

/// What a case is promised under. Cases from before terms were kept go by the pack that counts for the day on which the term was set.
pub(crate) async fn of(c: &mut Conn<'_>, office: &Office, case: &Case) -> Result<Promise, CasesError> {
    let kept = promises::of_case(c, case.district, case.id).await?;
    let under = |clock: promises::Clock, at: Ts| -> Result<Option<Under>, CasesError> {
        match clock.term {
            Some(term) => Ok(Some(Under { clock: clock.code, term, rule: clock.rule })),
            None => Ok(Under::of(&office.rules(&case.place, at)?, &clock.code)),
        }
    };
    let class = match kept.clock {
        Some(clock) => under(clock, kept.from)?,
        None => None,
    };
    let mut more = Vec::with_capacity(kept.more.len());
    for (clock, from, given_at) in kept.more {
        // What a clock that is not in the book any more gave cannot be counted again.
        if let Some(under) = under(clock, given_at)? {
            more.push(More { under, from, given_at });
        }
    }
    Ok(Promise { class, from: kept.from, more })
}

/// Puts into the case by when it is promised under these terms, without its pauses. Gives whether there was anything to put: while it is
/// on hold its promise waits until it goes on.
pub(crate) async fn reckon(tx: &mut Tx, office: &Office, promise: &Promise, case: &mut Case) -> Result<bool, CasesError> {
    let pauses = ways::pauses(&mut tx.conn()?, case.district, case.id).await?;
    let Some(due) = promise.due(&office.calendar(), &pauses) else { return Ok(false) };
    case.due_at = Some(due.at);
    case.due_provisional = due.provisional;
    Ok(true)
}

/// Keeps what a case is promised under, after the case itself was saved.
pub(crate) async fn keep(tx: &mut Tx, office: &Office, promise: &Promise, case: &Case) -> Result<(), CasesError> {
    Ok(promises::keep(&mut tx.conn()?, case, promise, office.calendar().version()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i8, hour: i8) -> Ts {
        Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, 0, 0, 0)).unwrap()
    }

    fn under(json: &str) -> Under {
        Under { clock: "x".to_owned(), term: serde_json::from_str(json).unwrap(), rule: String::new() }
    }

    fn working_days(amount: u32) -> Under {
        under(&format!(r#"{{"unit":"working_days","amount":{amount},"windows":[["08:00","12:00"],["14:00","18:00"]]}}"#))
    }

    /// Two days from Tuesday 9:00 and one more; held from Tuesday 9:00 to Wednesday 9:00, which ends before the first promise did.
    #[test]
    fn a_hold_moves_what_was_given_beyond() {
        let calendar = Calendar::builtin().unwrap();
        let mut promise = Promise::begin(working_days(2), at(24, 9));
        promise.more.push(More { under: working_days(1), from: at(26, 9), given_at: at(24, 10) });
        let due = |pauses: &[Pause]| promise.due(&calendar, pauses).map(|due| due.at);
        assert_eq!(due(&[]), Some(at(27, 9)));
        assert_eq!(due(&[Pause { from: at(24, 9), to: Some(at(25, 9)) }]), Some(at(30, 9)), "the 28th is a Saturday");
        assert_eq!(due(&[Pause { from: at(24, 9), to: None }]), None);
    }

    /// What is provisional below stays so above, in whichever kind of time more is given.
    #[test]
    fn more_continuous_hours_on_a_provisional_promise_are_provisional() {
        let calendar = Calendar::builtin().unwrap();
        let new_year = Ts::from_local(jiff::civil::date(2026, 12, 31).at(17, 0, 0, 0)).unwrap();
        let mut promise = Promise::begin(working_days(2), new_year);
        let before = promise.due(&calendar, &[]).unwrap();
        assert!(before.provisional);
        promise.more.push(More {
            under: under(r#"{"unit":"continuous_hours","amount":24}"#),
            from: before.at,
            given_at: new_year,
        });
        let due = promise.due(&calendar, &[]).unwrap();
        assert_eq!((due.at, due.provisional), (before.at.plus_secs(86_400), true));
    }

    /// What came with the promise of its source has more time from there.
    #[test]
    fn without_a_clock_of_its_own_more_counts_from_what_stood() {
        let calendar = Calendar::builtin().unwrap();
        let mut promise = Promise { class: None, from: at(20, 9), more: Vec::new() };
        assert_eq!(promise.due(&calendar, &[]), None);
        promise.more.push(More { under: working_days(1), from: at(25, 9), given_at: at(24, 9) });
        assert_eq!(promise.due(&calendar, &[]).unwrap().at, at(26, 9));
    }
}
