//! Handing cases over to another server: what is about to be sent is on disk before it is sent, and nothing is sent a second time on a
//! guess. A server that gives a token is asked for the id later; an attempt that was cut off is looked up.

use linli_access::{Action, Actor, Ctx, Resource};
use linli_cases::commands::{DESCRIPTION_MAX, hand_elsewhere, refused_elsewhere, sent_elsewhere};
use linli_cases::{Case, CaseId, CasesError, Office, queries};
use linli_db::{Conn, Db, Tx};
use linli_geo::Point;
use linli_kernel::{DistrictId, Ts, id_type};
use serde_json::Value;

use super::pull::zulu;
use super::remotes::{Remote, RemoteId, named};
use super::row::cut;
use super::server::{Server, text_of};
use super::{Cannot, RemoteError, store};

/// Attempts that certainly did not arrive, after which a person has to look.
const MOST_ATTEMPTS: i64 = 20;
/// How long an attempt that was cut off is left alone: servers show what they took with some delay.
const SETTLE_SECS: i64 = 600;
/// Pushes looked at in one run.
const TOGETHER: i64 = 50;
/// Two points so near are one, 10⁻⁷ degrees (about 20 m).
const NEAR_E7: u64 = 2_000;

id_type! {
    /// A case handed over to a server.
    pub struct PushId;
}

/// Where a handed over case stands on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Waiting,
    Sending,
    Token,
    Sent,
    Refused,
    Unsure,
}

impl Stage {
    const ALL: [Self; 6] = [Self::Waiting, Self::Sending, Self::Token, Self::Sent, Self::Refused, Self::Unsure];

    /// The word in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Token => "token",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Unsure => "unsure",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }
}

/// A case handed over to a server.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Push {
    pub(crate) id: PushId,
    pub(crate) remote_id: RemoteId,
    pub(crate) case_id: CaseId,
    pub(crate) system: String,
    pub(crate) service_code: String,
    pub(crate) state: String,
    pub(crate) attempts: i64,
    pub(crate) made_at: Ts,
    pub(crate) tried_at: Option<Ts>,
    pub(crate) token: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) told: Option<String>,
    pub(crate) problem: Option<String>,
}

impl Push {
    /// The same at another stage, with what went wrong.
    pub(crate) fn at(&self, stage: Stage, problem: Option<String>) -> Self {
        Self { state: stage.as_str().to_owned(), problem: problem.map(|words| cut(&words, 500)), ..self.clone() }
    }
}

/// A handed over case as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// The case.
    pub case: CaseId,
    /// Our number of it.
    pub number: String,
    /// What the server is called.
    pub remote: String,
    /// Where it stands: waiting, sending, token, sent, refused, unsure.
    pub stage: String,
    /// Its key there.
    pub request_id: Option<String>,
    /// What the server said last.
    pub told: Option<String>,
    /// What went wrong last.
    pub problem: Option<String>,
}

/// Hands a case over to the server of this name: it is sent there by the next run of the job. Without a service the mapping names one.
///
/// # Errors
/// `Denied`; `Cannot` when there is no such server, no key for it, the case was handed to it before or is kept from somebody; `Cases` for a case that is not
/// there, is closed, or came from another system; store errors.
pub async fn hand_over(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (number, remote): (&str, &str),
    service: Option<&str>,
) -> Result<(), RemoteError> {
    let district = tx.district();
    let remote = named(&mut tx.conn()?, district, remote).await?;
    if remote.key_sealed.is_none() {
        return Err(Cannot::NoKey(remote.name).into());
    }
    let case = queries::by_number(ctx, &mut tx.conn()?, district, number).await?;
    if !case.kept.is_empty() {
        return Err(Cannot::Kept(case.number).into());
    }
    let spec = remote.spec(&mut tx.conn()?, office, ctx.now()).await?;
    let case = hand_elsewhere(ctx, tx, case.id, (&remote.system(), &remote.name)).await?;
    let push = Push {
        id: PushId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        remote_id: remote.id,
        case_id: case.id,
        system: remote.system(),
        service_code: service.unwrap_or_else(|| spec.mapping.service(&case.class)).to_owned(),
        state: Stage::Waiting.as_str().to_owned(),
        attempts: 0,
        made_at: ctx.now(),
        tried_at: None,
        token: None,
        request_id: None,
        told: None,
        problem: None,
    };
    if !store::put_push(&mut tx.conn()?, district, &push).await? {
        return Err(Cannot::HandedBefore { number: case.number, name: remote.name }.into());
    }
    Ok(())
}

/// The names of the servers that cases can be handed over to: those that we have a key for.
///
/// # Errors
/// `Denied` for those who give cases to nobody; store errors.
pub async fn takers(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, RemoteError> {
    gives(ctx)?;
    let all = store::remotes(c, district).await?;
    Ok(all.into_iter().filter(|remote| remote.key_sealed.is_some()).map(|remote| remote.name).collect())
}

/// Whether the actor gives cases to others at all.
fn gives(ctx: &Ctx) -> Result<(), RemoteError> {
    match &ctx.actor {
        Actor::System(_) => Ok(()),
        _ => Ok(ctx.scope(Action::Assign, Resource::Case).map(|_| ())?),
    }
}

/// What was handed over and the actor may know of, by server, the latest first; at most a thousand a server.
///
/// # Errors
/// `Denied` for those who give cases to nobody; store errors.
pub async fn handed(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<Handed>, RemoteError> {
    gives(ctx)?;
    let mut all = Vec::new();
    for remote in store::remotes(c, district).await? {
        for push in store::of_remote(c, district, remote.id, 1_000).await? {
            let case = match queries::readable(ctx, c, district, push.case_id).await {
                Ok(case) => case,
                Err(CasesError::NotFound) => continue,
                Err(error) => return Err(error.into()),
            };
            all.push(Handed {
                case: case.id,
                number: case.number,
                remote: remote.name.clone(),
                stage: push.state,
                request_id: push.request_id,
                told: push.told,
                problem: push.problem,
            });
        }
    }
    Ok(all)
}

/// Somebody has looked: what was refused, or certainly is not there, is to be sent again.
///
/// # Errors
/// `Denied`; `Cannot` when it was not handed over, or nothing is open about it; store errors.
pub async fn try_again(ctx: &Ctx, tx: &mut Tx, number: &str, remote: &str) -> Result<(), RemoteError> {
    let (push, stage) = in_doubt(ctx, tx, number, remote).await?;
    let again = Push { attempts: 0, tried_at: None, ..push.at(Stage::Waiting, None) };
    put(tx, stage, &again).await
}

/// Somebody has looked: the server has it under this key.
///
/// # Errors
/// As [`try_again`].
pub async fn settle(ctx: &Ctx, tx: &mut Tx, (number, remote): (&str, &str), key: &str) -> Result<(), RemoteError> {
    let (push, stage) = in_doubt(ctx, tx, number, remote).await?;
    arrived(ctx, tx, stage, &push, key.trim()).await
}

async fn in_doubt(ctx: &Ctx, tx: &mut Tx, number: &str, remote: &str) -> Result<(Push, Stage), RemoteError> {
    let district = tx.district();
    let remote = named(&mut tx.conn()?, district, remote).await?;
    let case = queries::by_number(ctx, &mut tx.conn()?, district, number).await?;
    // Who hands cases over is who looks what became of them.
    ctx.may(Action::Assign, Resource::Case, district, &case.place)?;
    let push = store::of_case(&mut tx.conn()?, district, remote.id, case.id).await?;
    let push = push.ok_or_else(|| Cannot::NotHanded { number: number.to_owned(), name: remote.name.clone() })?;
    match Stage::of(&push.state) {
        Some(stage @ (Stage::Refused | Stage::Unsure | Stage::Token)) => Ok((push, stage)),
        _ => Err(Cannot::NothingToSettle { number: number.to_owned(), stage: push.state, name: remote.name }.into()),
    }
}

async fn put(tx: &mut Tx, from: Stage, push: &Push) -> Result<(), RemoteError> {
    let district = tx.district();
    if store::moved(&mut tx.conn()?, district, from, push).await? {
        return Ok(());
    }
    Err(Cannot::Changed.into())
}

/// The server has it under a key: that, and the line of the case.
async fn arrived(ctx: &Ctx, tx: &mut Tx, from: Stage, push: &Push, key: &str) -> Result<(), RemoteError> {
    let sent = Push { request_id: Some(key.to_owned()), ..push.at(Stage::Sent, None) };
    put(tx, from, &sent).await?;
    Ok(sent_elsewhere(ctx, tx, push.case_id, (&push.system, key)).await?)
}

/// Sends what waits for one server and settles what is open about earlier attempts.
pub(crate) struct Outbox<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) db: &'a Db,
    pub(crate) office: &'a Office,
    pub(crate) remote: &'a Remote,
    pub(crate) server: &'a Server,
}

/// What an answer to a form means.
enum Verdict {
    /// It is there under this key.
    Key(String),
    /// It is there; this token gives the key later.
    Token(String),
    /// It is certainly not there, and may be sent again.
    NotThere(String),
    /// It was refused; the same form will be refused again.
    No(String),
    /// It may be there.
    Open(String),
}

impl Outbox<'_> {
    fn district(&self) -> DistrictId {
        self.remote.district_id
    }

    /// One round: first what is open, then what waits. Gives how many arrived.
    pub(crate) async fn round(&self) -> Result<usize, RemoteError> {
        let mut arrived = 0;
        for push in self.standing(Stage::Sending).await? {
            arrived += usize::from(self.look_up(&push).await?);
        }
        for push in self.standing(Stage::Token).await? {
            arrived += usize::from(self.redeem(&push).await?);
        }
        for push in self.standing(Stage::Waiting).await? {
            arrived += usize::from(self.send(&push).await?);
        }
        Ok(arrived)
    }

    async fn standing(&self, stage: Stage) -> Result<Vec<Push>, RemoteError> {
        let mut read = self.db.read().await?;
        Ok(store::at_stage(&mut read.conn(), self.district(), self.remote.id, stage, TOGETHER).await?)
    }

    async fn keep(&self, from: Stage, push: &Push) -> Result<bool, RemoteError> {
        let mut tx = self.db.begin(self.district()).await?;
        let moved = store::moved(&mut tx.conn()?, self.district(), from, push).await?;
        tx.commit().await?;
        Ok(moved)
    }

    async fn arrived(&self, from: Stage, push: &Push, key: &str) -> Result<bool, RemoteError> {
        let mut tx = self.db.begin(self.district()).await?;
        arrived(self.ctx, &mut tx, from, push, key).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Sends once. The attempt is on disk before the first byte leaves; whoever finds it there without an outcome looks it up first.
    async fn send(&self, push: &Push) -> Result<bool, RemoteError> {
        let trying = Push { attempts: push.attempts + 1, tried_at: Some(self.ctx.now()), ..push.at(Stage::Sending, None) };
        let fields = self.form(&trying).await?;
        if !self.keep(Stage::Waiting, &trying).await? {
            return Ok(false);
        }
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let verdict = match self.server.send(&pairs, Some(&push.id.to_string())).await {
            Ok(got) => self.verdict(&got),
            Err(failure) if failure.never_sent() => Verdict::NotThere(failure.to_string()),
            Err(failure) => Verdict::Open(failure.to_string()),
        };
        self.conclude(&trying, verdict).await
    }

    fn verdict(&self, got: &linli_wire::Got) -> Verdict {
        let said = || format!("the status is {}{}", got.status, self.server.said(got));
        match got.status {
            200..=299 => {}
            // Too many at a time, or too early: it says itself that it did not take it.
            425 | 429 => return Verdict::NotThere(said()),
            300..=499 if got.status != 408 => return Verdict::No(said()),
            _ => return Verdict::Open(said()),
        }
        let rows = match self.server.rows(got) {
            Ok(rows) => rows,
            Err(why) => return Verdict::Open(why),
        };
        let word = |name: &str| rows.first().and_then(|row| row.get(name)).and_then(text_of);
        match (word("service_request_id"), word("token")) {
            (Some(key), _) => Verdict::Key(key),
            (None, Some(token)) => Verdict::Token(token),
            (None, None) => Verdict::Open("the answer holds neither an id nor a token".to_owned()),
        }
    }

    async fn conclude(&self, trying: &Push, verdict: Verdict) -> Result<bool, RemoteError> {
        let next = match verdict {
            Verdict::Key(key) => return self.arrived(Stage::Sending, trying, &key).await,
            Verdict::Token(token) => Push { token: Some(token), ..trying.at(Stage::Token, None) },
            Verdict::NotThere(why) if trying.attempts < MOST_ATTEMPTS => trying.at(Stage::Waiting, Some(why)),
            Verdict::NotThere(why) | Verdict::No(why) => trying.at(Stage::Refused, Some(why)),
            Verdict::Open(why) => trying.at(Stage::Sending, Some(why)),
        };
        if next.state == Stage::Refused.as_str() {
            self.refused(&next).await?;
        } else {
            self.keep(Stage::Sending, &next).await?;
        }
        Ok(false)
    }

    /// What is certainly not taken there goes on here, and the case says so.
    async fn refused(&self, push: &Push) -> Result<(), RemoteError> {
        let mut tx = self.db.begin(self.district()).await?;
        if store::moved(&mut tx.conn()?, self.district(), Stage::Sending, push).await? {
            refused_elsewhere(self.ctx, &mut tx, push.case_id, (&push.system, &self.remote.name)).await?;
        }
        Ok(tx.commit().await?)
    }

    /// An attempt whose outcome is not known. A server that knows a form by its key is simply sent it again. Elsewhere the mark in the
    /// words tells it from others; whatever is not found by it is left to a person, because a server may look before it shows.
    async fn look_up(&self, push: &Push) -> Result<bool, RemoteError> {
        let tried = push.tried_at.unwrap_or(push.made_at);
        if self.remote.idempotent {
            self.keep(Stage::Sending, &push.at(Stage::Waiting, push.problem.clone())).await?;
            return Ok(false);
        }
        if self.ctx.now().secs_since(tried) < SETTLE_SECS {
            return Ok(false);
        }
        let (from, to) = (zulu(tried.plus_secs(-SETTLE_SECS)), zulu(tried.plus_secs(2 * SETTLE_SECS)));
        let args = [("start_date", from.as_str()), ("end_date", to.as_str()), ("service_code", push.service_code.as_str())];
        let rows = self.server.ask("requests", &args).await?;
        let mark = mark(push);
        let says = |row: &Value, name: &str| row.get(name).and_then(text_of);
        let marked = rows.iter().find(|row| says(row, "description").is_some_and(|words| words.contains(&mark)));
        if let Some(key) = marked.and_then(|row| says(row, "service_request_id")) {
            return self.arrived(Stage::Sending, push, &key).await;
        }
        let case = self.case(push).await?;
        let silent = rows.iter().filter(|row| says(row, "description").is_none());
        let alike: Vec<String> =
            silent.filter(|row| may_be(row, &case)).filter_map(|row| says(row, "service_request_id")).take(5).collect();
        let next = if rows.len() >= crate::asked::MOST {
            push.at(Stage::Unsure, Some("there are too many requests at that time to find it among them".to_owned()))
        } else if alike.is_empty() {
            // A server that looks at what comes before it shows it may still have it: only a person sends it again.
            push.at(Stage::Unsure, Some("an attempt was cut off; it is not listed there (yet)".to_owned()))
        } else {
            push.at(Stage::Unsure, Some(format!("an attempt was cut off; it may be one of {}", alike.join(", "))))
        };
        self.keep(Stage::Sending, &next).await?;
        Ok(false)
    }

    /// Asks for the id behind a token. One that is not ready is asked about again in the next round.
    async fn redeem(&self, push: &Push) -> Result<bool, RemoteError> {
        let Some(token) = &push.token else { return Ok(false) };
        let escaped: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
        let outcome = match self.server.ask(&format!("tokens/{escaped}"), &[]).await {
            Ok(rows) => rows
                .first()
                .and_then(|row| row.get("service_request_id"))
                .and_then(text_of)
                .ok_or("the token is not ready".to_owned()),
            Err(error @ RemoteError::Refused { .. }) => Err(error.to_string()),
            Err(error) => return Err(error),
        };
        match outcome {
            Ok(key) => self.arrived(Stage::Token, push, &key).await,
            Err(why) => {
                self.keep(Stage::Token, &push.at(Stage::Token, Some(why))).await?;
                Ok(false)
            }
        }
    }

    async fn case(&self, push: &Push) -> Result<Case, RemoteError> {
        let mut read = self.db.read().await?;
        Ok(queries::readable(self.ctx, &mut read.conn(), self.district(), push.case_id).await?)
    }

    /// The form: what was reported and where, with the mark by which it is found again. No name, no phone.
    async fn form(&self, push: &Push) -> Result<Vec<(&'static str, String)>, RemoteError> {
        let sealed = self.remote.key_sealed.as_deref().and_then(|sealed| self.office.vault().open(sealed));
        let key = sealed.ok_or_else(|| Cannot::SealedKey(self.remote.name.clone()))?;
        let case = self.case(push).await?;
        let mark = mark(push);
        let words = cut(&case.description, DESCRIPTION_MAX.saturating_sub(mark.chars().count() + 1));
        let mut form = vec![
            ("api_key", key),
            ("service_code", push.service_code.clone()),
            ("description", format!("{words}\n{mark}")),
            ("address_string", self.address(&case).await?),
        ];
        if let (Some(long), Some(lat), None) = (case.lon_e7, case.lat_e7, case.location_flag) {
            form.extend([("lat", degrees(lat)), ("long", degrees(long))]);
        }
        Ok(form)
    }

    /// The names of the place and of everything above it, the widest first, as addresses are written in Chinese.
    async fn address(&self, case: &Case) -> Result<String, RemoteError> {
        let mut read = self.db.read().await?;
        let steps = case.place.ancestors();
        let names = linli_territory::queries::names_at(&mut read.conn(), self.district(), &steps).await?;
        let mut named: Vec<_> = names.into_iter().collect();
        named.sort_by_key(|(path, _)| path.depth());
        Ok(named.into_iter().map(|(_, place)| place.name).collect::<Vec<_>>().join(" "))
    }
}

/// What tells a form of ours from all others: it stands at the end of its words.
fn mark(push: &Push) -> String {
    format!("[linli:{}]", push.id.0.simple())
}

/// Whether a request whose words are not shown may be this case: at the same point, or without one.
fn may_be(row: &Value, case: &Case) -> bool {
    let number = |name: &str| row.get(name).and_then(text_of).and_then(|text| text.parse::<f64>().ok());
    let there = number("long").zip(number("lat")).and_then(|(long, lat)| Point::from_degrees(long, lat).ok());
    match (there, case.lon_e7.zip(case.lat_e7)) {
        (Some(there), Some((long, lat))) => {
            i64::from(there.lon_e7).abs_diff(long) <= NEAR_E7 && i64::from(there.lat_e7).abs_diff(lat) <= NEAR_E7
        }
        _ => true,
    }
}

/// Whole 10⁻⁷ degrees as decimal degrees, exactly.
fn degrees(e7: i64) -> String {
    let sign = if e7 < 0 { "-" } else { "" };
    let (whole, part) = (e7.unsigned_abs() / 10_000_000, e7.unsigned_abs() % 10_000_000);
    format!("{sign}{whole}.{part:07}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_exact() {
        assert_eq!(
            (degrees(320_601_499), degrees(-5), degrees(0)),
            ("32.0601499".to_owned(), "-0.0000005".to_owned(), "0.0000000".to_owned())
        );
    }
}
