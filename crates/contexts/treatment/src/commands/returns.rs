//! Returns are told and corrected.

use jiff::civil::Date;
use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{recall, remember, text};
use crate::error_network::{NetworkError, Wrong};
use crate::model::{Figures, Institution, InstitutionId, Return, ReturnId, ReturnVersion, Stated};
use crate::network::Network;
use crate::rules::returns::Form;
use crate::store;

/// Longest reason, in characters.
pub const REASON_MAX: usize = 300;

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewReturn {
    /// Which form.
    pub form: String,
    /// About which day, or the week that begins then.
    #[serde(serialize_with = "as_text")]
    pub day: Date,
    /// What it says.
    pub figures: Figures,
    /// Why it is as it is: needed for what is unusual, and for a correction.
    pub because: String,
    /// The version that was seen when it was written, 0 for none; a file does not say.
    pub seen: Option<i64>,
}

fn as_text<S: serde::Serializer>(day: &Date, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(day)
}

/// What became of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// It is the first about that day.
    First(ReturnId),
    /// It stands in the place of another one.
    Corrected(ReturnId),
    /// It says what stood there already.
    Same(ReturnId),
}

/// Tells a return, or corrects it (填报、更正). Every version is kept. Whoever acts for an institution tells its returns; whoever watches over the
/// returns of a district corrects them there; a file of the program says where it is from.
///
/// # Errors
/// `Fields` names everything that cannot be, or that is unusual while no reason is given; `Changed` when another version stands than was seen;
/// `NotFound`, `Denied`; store errors.
pub async fn tell(ctx: &Ctx, tx: &mut Tx, network: &Network, of: InstitutionId, input: &NewReturn) -> Result<Told, NetworkError> {
    tell_with_doubts(ctx, tx, network, of, input).await.map(|(told, _)| told)
}

/// As [`tell`], with what is unusual about what was kept.
pub(crate) async fn tell_with_doubts(
    ctx: &Ctx,
    tx: &mut Tx,
    network: &Network,
    of: InstitutionId,
    input: &NewReturn,
) -> Result<(Told, Vec<(String, Wrong)>), NetworkError> {
    let (district, now) = (tx.district(), ctx.now());
    let because = text("because", &input.because, false, REASON_MAX)?;
    if let Some(answer) = recall(ctx, tx, "treatment.tell", &(of, input)).await? {
        return Ok((answer, Vec::new()));
    }
    // Under the lock of the institution, so that of two first returns one is a correction of the other.
    if !store::institutions::lock(&mut tx.conn()?, district, of).await? {
        return Err(NetworkError::NotFound);
    }
    let known = store::institutions::one(&mut tx.conn()?, district, of).await?.ok_or(NetworkError::NotFound)?;
    let standing = store::returns::about(&mut tx.conn()?, (district, of), &input.form, input.day).await?;
    may_tell(ctx, tx, &known, (standing.is_some(), input.seen.is_none())).await?;
    let rules = network.rules(&known.place, now)?;
    let form = rules.forms().form(&input.form).ok_or_else(|| NetworkError::field("form", Wrong::NotAChoice))?;
    if input.day > now.local().date() {
        return Err(NetworkError::field("day", Wrong::InTheFuture));
    }
    if let Some(standing) = &standing
        && standing.figures == input.figures
    {
        return Ok((Told::Same(standing.id), Vec::new()));
    }
    let version = standing.as_ref().map_or(0, |standing| standing.version);
    if input.seen.is_some_and(|seen| seen != version) {
        return Err(NetworkError::Changed);
    }
    let before = store::returns::before(&mut tx.conn()?, (district, of), &form.id, (input.day, 1)).await?.pop();
    let doubted = judge(form, input, &because, (before.as_ref(), standing.is_some() && input.seen.is_some()))?;
    let told = Return {
        id: standing.as_ref().map_or_else(|| ReturnId::new(ctx.clock.as_ref(), ctx.rng.as_ref()), |standing| standing.id),
        district,
        institution: of,
        place: known.place.clone(),
        form: form.id.clone(),
        day: input.day,
        first_at: standing.as_ref().map_or(now, |standing| standing.first_at),
        told_at: now,
        version: version + 1,
        figures: input.figures.clone(),
    };
    let kept = ReturnVersion {
        version: told.version,
        at: now,
        by: ctx.appointment(),
        via: ctx.channel.as_str().to_owned(),
        figures: input.figures.clone(),
        confirmed: doubted.iter().map(|(field, _)| field.clone()).collect(),
        because,
    };
    store::returns::write(&mut tx.conn()?, &told, &kept).await?;
    let late = form.due(told.day).is_some_and(|due| told.first_at > due);
    let kind = if version == 0 { "treatment.return_told" } else { "treatment.return_corrected" };
    let facts = json!({ "institution": of, "return": told.id, "form": told.form, "day": told.day.to_string(), "version": told.version,
        "late": late, "confirmed": kept.confirmed, "figures": told.figures, "rule": rules.forms_stamp().mark() });
    let line = ctx.line(kind, &known.place, Some(of.0), facts);
    tx.journal(if kept.because.is_empty() { line } else { ctx.with_personal(line, json!({ "because": kept.because })) });
    let answer = if version == 0 { Told::First(told.id) } else { Told::Corrected(told.id) };
    remember(ctx, tx, &answer).await?;
    Ok((answer, doubted))
}

/// What is unusual, where the reason confirms it or a file brings it.
fn judge(
    form: &Form,
    input: &NewReturn,
    because: &str,
    (before, corrects): (Option<&Return>, bool),
) -> Result<Vec<(String, Wrong)>, NetworkError> {
    let mut wrong: Vec<(String, Wrong)> = Vec::new();
    let unknown = input.figures.keys().filter(|field| form.field(field).is_none());
    wrong.extend(unknown.map(|field| (field.clone(), Wrong::NotAChoice)));
    if input.figures.is_empty() {
        wrong.extend(form.fields.first().map(|field| (field.id.clone(), Wrong::Required)));
    }
    let judged = form.judge(&input.figures, before.map(|before| &before.figures));
    wrong.extend(judged.stopped);
    if because.is_empty() {
        // A file confirms nothing: what is over-full in it is kept as it is, and shown as over-full.
        if input.seen.is_some() {
            wrong.extend(judged.doubted.iter().cloned());
        }
        if corrects {
            wrong.push(("because".to_owned(), Wrong::Required));
        }
    }
    if wrong.is_empty() { Ok(judged.doubted) } else { Err(NetworkError::Fields(wrong)) }
}

/// Whether the actor may tell the return of an institution, or correct it.
async fn may_tell(ctx: &Ctx, tx: &mut Tx, known: &Institution, (corrects, file): (bool, bool)) -> Result<(), NetworkError> {
    // Whoever may bring institutions in from files brings their returns too.
    if file && ctx.may(Action::Import, Resource::Institution, known.district, &known.place).is_ok() {
        return Ok(());
    }
    let action = if corrects { Action::Change } else { Action::Create };
    let own = crate::standing::own_institution(ctx, &mut tx.conn()?).await? == Some((known.district, known.id));
    if own {
        return Ok(crate::standing::as_own(ctx, action, Resource::Return)?);
    }
    // Whoever reads returns of the whole district may correct those; others know nothing of it.
    ctx.scope(Action::Read, Resource::Return)?;
    let watches = ctx.may(Action::Change, Resource::Institution, known.district, &known.place).is_ok();
    if !watches {
        return Err(NetworkError::NotFound);
    }
    ctx.may(action, Resource::Return, known.district, &known.place)?;
    Ok(())
}

/// The figures of a form as they were typed: a whole number, or that nobody knows. What is neither is named.
///
/// # Errors
/// `Fields` with everything that is no number.
pub fn figures<'f>(
    form: &Form,
    typed: impl Fn(&str) -> &'f str,
    unknown: impl Fn(&str) -> bool,
) -> Result<Figures, NetworkError> {
    let (mut figures, mut wrong) = (Figures::new(), Vec::new());
    for field in &form.fields {
        let text = typed(&field.id).trim();
        match (text.is_empty(), unknown(&field.id)) {
            (true, true) => {
                figures.insert(field.id.clone(), Stated::Unknown);
            }
            (true, false) => wrong.push((field.id.clone(), Wrong::Required)),
            (false, _) => match text.parse::<i64>() {
                Ok(number) if number >= 0 => {
                    figures.insert(field.id.clone(), Stated::Number(number));
                }
                _ => wrong.push((field.id.clone(), Wrong::NotANumber)),
            },
        }
    }
    if wrong.is_empty() { Ok(figures) } else { Err(NetworkError::Fields(wrong)) }
}
