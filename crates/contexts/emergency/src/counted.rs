//! The daily return of 120 (120 日报) is offered what was counted here.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use linli_access::Ctx;
use linli_db::Conn;
use linli_treatment::{CountedElsewhere, Counting};

use crate::error::EmergencyError;
use crate::office::DispatchOffice;
use crate::queries::day::figures;

/// The form of 120 among the returns.
const FORM: &str = "dispatch";

/// What the seats counted, for the return of 120.
#[derive(Debug)]
pub struct CountedCalls(pub Arc<DispatchOffice>);

impl CountedElsewhere for CountedCalls {
    fn counted<'a, 'c: 'a>(&'a self, ctx: &'a Ctx, c: &'a mut Conn<'c>, (form, day): (&'a str, Date)) -> Counting<'a> {
        Box::pin(async move {
            if form != FORM {
                return Ok(BTreeMap::new());
            }
            let day = match figures(ctx, c, &self.0, day).await {
                Ok(day) => day,
                Err(EmergencyError::Db(error)) => return Err(error),
                // Whoever may not know the figures is offered none.
                Err(_) => return Ok(BTreeMap::new()),
            };
            let counted = [
                // What came in is what the telephone system counted; without it, what was taken down.
                ("calls", day.inbound.unwrap_or(day.taken)),
                ("vehicle_requests", day.vehicle_requests()),
                ("urgent", day.urgent),
                ("non_urgent", day.non_urgent),
                ("diverted", day.diverted),
            ];
            // A day without a single call was not counted here.
            let any = day.taken > 0;
            Ok(counted.into_iter().filter(|_| any).map(|(field, n)| (field.to_owned(), n)).collect())
        })
    }
}
