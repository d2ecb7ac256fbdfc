//! Pulling requests from another server: span by span, each answer judged whole before any of it is written.

use std::collections::HashSet;
use std::collections::btree_map::{BTreeMap, Entry};

use jiff::tz::TimeZone;
use linli_access::Ctx;
use linli_cases::Office;
use linli_cases::commands::{Brought, bring_in};
use linli_cases::rules::Classes;
use linli_db::Db;
use linli_kernel::{DistrictId, Ts};
use serde_json::Value;

use super::row::{self, Told};
use super::server::{Server, Spec};
use super::{RemoteError, store};
use crate::asked::{MOST, SPAN_DAYS};

/// Requests written in one transaction.
const TOGETHER: usize = 500;
/// Questions of one pull. A server that needs more of them does not keep to the dates.
const MOST_QUESTIONS: usize = 2_000;
/// The shortest span that is divided further, seconds.
const SHORTEST_SECS: i64 = 60;
/// Pages of one span.
const MOST_PAGES: usize = 200;
/// Reasons that are kept; the rest is counted.
const REASONS: usize = 50;

/// From when on requests are pulled.
pub type Since = Ts;

/// What a pull did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulled {
    /// New cases.
    pub new: usize,
    /// Cases that changed.
    pub changed: usize,
    /// Requests that say what they said before.
    pub unchanged: usize,
    /// Requests that were refused.
    pub refused: usize,
    /// Why, the first fifty; and what was odd and could be understood.
    pub reasons: Vec<String>,
}

impl Pulled {
    pub(crate) fn reason(&mut self, reason: String) {
        if self.reasons.len() < REASONS && !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    fn refuse(&mut self, remote: &str, id: &str, why: &str) {
        self.refused += 1;
        self.reason(format!("{remote}: request {id}: {why}"));
    }
}

/// Where what is pulled goes.
pub(crate) struct Desk<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) db: &'a Db,
    pub(crate) office: &'a Office,
    pub(crate) district: DistrictId,
    pub(crate) spec: &'a Spec,
    pub(crate) dry_run: bool,
}

/// Pulls what was reported there since an instant. A dry run asks and judges, and writes nothing.
///
/// # Errors
/// When the server cannot be asked or its answer makes no sense (nothing of that answer was written; what came before it stays), the
/// actor may not import at the place, and store errors.
pub async fn pull(
    ctx: &Ctx,
    db: &Db,
    office: &Office,
    (district, spec): (DistrictId, &Spec),
    since: Since,
    dry_run: bool,
) -> Result<Pulled, RemoteError> {
    let server = Server::meet(spec).await?;
    let desk = Desk { ctx, db, office, district, spec, dry_run };
    let mut pulled = Pulled::default();
    desk.pull(&server, (since, ctx.now()), &mut pulled).await?;
    Ok(pulled)
}

impl Desk<'_> {
    /// Pulls span by span, the oldest first, and writes each as soon as it is whole.
    pub(crate) async fn pull(&self, server: &Server, (since, until): (Ts, Ts), pulled: &mut Pulled) -> Result<(), RemoteError> {
        let (mut from, mut questions) = (since, 0);
        while from < until {
            let to = from.plus_secs(SPAN_DAYS * 86_400).min(until);
            let rows = self.gather(server, (from, to), &mut questions, pulled).await?;
            self.take(server, rows, pulled).await?;
            from = to;
        }
        Ok(())
    }

    /// Everything of a span. An answer that may have been cut is asked for again in halves.
    async fn gather(
        &self,
        server: &Server,
        span: (Ts, Ts),
        questions: &mut usize,
        pulled: &mut Pulled,
    ) -> Result<Vec<Value>, RemoteError> {
        let (mut spans, mut all) = (vec![span], Vec::new());
        while let Some((from, to)) = spans.pop() {
            let rows = self.pages(server, (from, to), questions).await?;
            let full = self.spec.mapping.page_size.is_none() && rows.len() >= MOST;
            let strays = rows.iter().any(|row| self.lies_outside(row, (from, to)));
            if full && !strays && to.secs_since(from) > SHORTEST_SECS {
                let middle = from.plus_secs(to.secs_since(from) / 2);
                spans.extend([(middle, to), (from, middle)]);
                continue;
            }
            if full {
                let why = if strays { "it does not keep to the dates" } else { "they lie within a minute" };
                let remote = &server.system;
                pulled.reason(format!("{remote}: {} requests in one answer, and {why}: there may be more", rows.len()));
            }
            all.extend(rows);
        }
        Ok(all)
    }

    /// Whether a request was reported well outside of what was asked for.
    fn lies_outside(&self, row: &Value, (from, to): (Ts, Ts)) -> bool {
        let told = row::read(row, self.spec.mapping.zone().as_ref(), self.ctx.now()).ok().and_then(|told| told.reported_at);
        told.is_some_and(|at| at < from.plus_secs(-86_400) || at > to.plus_secs(86_400))
    }

    async fn pages(&self, server: &Server, (from, to): (Ts, Ts), questions: &mut usize) -> Result<Vec<Value>, RemoteError> {
        let (from, to) = (zulu(from), zulu(to));
        let span = [("start_date", from.as_str()), ("end_date", to.as_str())];
        let Some(size) = self.spec.mapping.page_size else {
            count(server, questions)?;
            return server.ask("requests", &span).await;
        };
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        for page in 1..=MOST_PAGES {
            count(server, questions)?;
            let (page, size_text) = (page.to_string(), size.to_string());
            let args = [&span[..], &[("page", page.as_str()), ("page_size", size_text.as_str())]].concat();
            let rows = server.ask("requests", &args).await?;
            let fresh = rows.iter().filter(|row| row::id(row).map_or(true, |id| seen.insert(id))).count();
            let last = rows.len() < size || fresh == 0;
            // A server that knows no pages gives the same again.
            if fresh > 0 {
                all.extend(rows);
            }
            if last {
                return Ok(all);
            }
        }
        let why = format!("there are more than {MOST_PAGES} pages between {from} and {to}");
        Err(RemoteError::Unreadable { remote: server.system.clone(), what: "GET requests".to_owned(), why })
    }

    /// Judges rows and writes what can be taken.
    pub(crate) async fn take(&self, server: &Server, rows: Vec<Value>, pulled: &mut Pulled) -> Result<(), RemoteError> {
        let zone = self.spec.mapping.zone();
        let told = judge(&server.system, &rows, zone.as_ref(), self.ctx.now(), pulled);
        let rules = self.office.rules(&self.spec.place, self.ctx.now()).map_err(linli_cases::CasesError::from)?;
        let told: Vec<Told> = told.into_values().collect();
        for chunk in told.chunks(TOGETHER) {
            self.write(&server.system, chunk, rules.classes(), pulled).await?;
        }
        Ok(())
    }

    async fn write(&self, system: &str, told: &[Told], classes: &Classes, pulled: &mut Pulled) -> Result<(), RemoteError> {
        let mut tx = self.db.begin(self.district).await?;
        let ids: Vec<String> = told.iter().map(|told| told.id.clone()).collect();
        // What we sent there ourselves is a case already, and is followed as such.
        let ours: HashSet<String> = store::sent_among(&mut tx.conn()?, self.district, system, &ids).await?.into_iter().collect();
        let theirs = told.iter().filter(|told| !ours.contains(&told.id)).cloned();
        let requests = theirs.map(|told| told.at(&self.spec.place, classes, &self.spec.mapping)).collect();
        let brought = bring_in(self.ctx, &mut tx, self.office, system, requests).await?;
        // A dry run has decided everything; dropped, none of it happened.
        if !self.dry_run {
            tx.commit().await?;
        }
        let count = |wanted: Brought| brought.iter().filter(|brought| **brought == wanted).count();
        pulled.new += count(Brought::New);
        pulled.changed += count(Brought::Changed);
        pulled.unchanged += count(Brought::Unchanged) + ours.len();
        Ok(())
    }
}

/// Reads rows, each once. What is wrong, and what is there twice and differs, is refused.
pub(crate) fn judge(
    remote: &str,
    rows: &[Value],
    zone: Option<&TimeZone>,
    now: Ts,
    pulled: &mut Pulled,
) -> BTreeMap<String, Told> {
    let mut found: BTreeMap<String, Told> = BTreeMap::new();
    let mut doubtful = HashSet::new();
    for row in rows {
        let id = match row::id(row) {
            Ok(id) => id,
            Err(why) => {
                pulled.refuse(remote, "without a key", &why);
                continue;
            }
        };
        match row::read(row, zone, now) {
            Err(why) => pulled.refuse(remote, &id, &why),
            Ok(told) => match found.entry(id) {
                Entry::Vacant(place) => {
                    place.insert(told);
                }
                Entry::Occupied(there) if *there.get() == told => {
                    pulled.reason(format!("{remote}: request {}: it is there twice in one answer", told.id));
                }
                Entry::Occupied(_) => {
                    doubtful.insert(told.id);
                }
            },
        }
    }
    for id in doubtful {
        found.remove(&id);
        pulled.refuse(remote, &id, "it is there twice in one answer, and differs");
    }
    found
}

fn count(server: &Server, questions: &mut usize) -> Result<(), RemoteError> {
    *questions += 1;
    if *questions <= MOST_QUESTIONS {
        return Ok(());
    }
    let why = format!("after {MOST_QUESTIONS} questions there are still more; choose a later start");
    Err(RemoteError::Unreadable { remote: server.system.clone(), what: "GET requests".to_owned(), why })
}

/// An instant as every server reads it: to the second, in UTC.
pub(crate) fn zulu(at: Ts) -> String {
    at.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
