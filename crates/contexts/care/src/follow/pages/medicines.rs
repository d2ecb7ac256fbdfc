//! The stock of early antivirals: of a district in numbers, of an institution by lots, and what is written into it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_people::model::OrganisationId;
use linli_webkit::view::{Choice, Figure};
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{desk, run};
use crate::follow::commands::{self, Received};
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::{EntryKind, LotId};
use crate::follow::queries::{self, DecisionCounts, SOON_DAYS};
use crate::follow::rules::Antivirals;
use crate::pages::{ended, keyed, private};

/// How far back entries and decisions are counted, in days.
const DAYS: i64 = 30;

/// A medicine of an institution as a row.
struct StockRow {
    institution: String,
    href: String,
    medicine: String,
    left: i64,
    soon: i64,
    expired: i64,
    received: i64,
    dispensed: i64,
    wasted: i64,
    corrected: i64,
}

#[derive(Template)]
#[template(path = "follow-stock.html")]
struct StockPage {
    shell: Shell,
    t: T,
    figures: Vec<Figure>,
    rows: Vec<StockRow>,
    /// The page of the actor's own institution, where nothing came in yet; empty for others.
    own: String,
    hint: String,
}

/// `GET /care/antivirals`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (t, desk, now) = (caller.info.t().clone(), desk(&hall)?, hall.now());
    let scope = caller.ctx.scope(Action::Read, Resource::Antiviral).map_err(FollowError::from)?;
    let rules = desk.rules(&scope.place, now).map_err(FollowError::from)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let since = now.plus_secs(-DAYS * 86_400);
    let opens = caller.ctx.scope(Action::Change, Resource::Antiviral).is_ok();
    let all = queries::antiviral_stock(&caller.ctx, c, since).await?;
    let own = if opens { queries::own_institution(&caller.ctx, c, scope.district).await? } else { None };
    let own = own.filter(|own| all.iter().all(|of| of.institution != *own));
    let decided = queries::decided(&caller.ctx, c, since).await?;
    let mut rows = Vec::new();
    for of in &all {
        for (code, stock) in &of.medicines {
            rows.push(StockRow {
                institution: of.name.clone(),
                href: if opens { format!("/care/antivirals/{}", of.institution) } else { String::new() },
                medicine: name(&t, rules.antivirals(), code),
                left: stock.left,
                soon: stock.soon,
                expired: stock.expired,
                received: stock.received,
                dispensed: stock.dispensed,
                wasted: stock.wasted,
                corrected: stock.corrected,
            });
        }
    }
    let left = rows.iter().map(|row| row.left).sum();
    let page = StockPage {
        shell: caller.shell(t.s("follow-stock-title")),
        figures: figures(&t, left, decided),
        rows,
        own: own.map(|id| format!("/care/antivirals/{id}")).unwrap_or_default(),
        hint: t.with("follow-stock-hint", &[("days", DAYS.into()), ("soon", SOON_DAYS.into())]),
        t,
    };
    Ok(private(Page(page)))
}

fn figures(t: &T, left: i64, decided: DecisionCounts) -> Vec<Figure> {
    let one = |key: &str, value: i64, state: &'static str| Figure {
        value: value.to_string(),
        label: t.s(&format!("follow-stock-figure-{key}")).into_owned(),
        sentence: t.n(&format!("follow-stock-figure-{key}-how"), DAYS),
        state: if value > 0 { state } else { "" },
        href: String::new(),
    };
    vec![
        one("left", left, ""),
        one("prescribed", decided.prescribed, ""),
        one("dispensed", decided.dispensed, ""),
        one("late", decided.late, "soon"),
        one("against", decided.against, ""),
    ]
}

/// The name of a medicine in the list; its code where the list does not have it any more.
pub(super) fn name(t: &T, list: &Antivirals, code: &str) -> String {
    list.medicine(code).map_or_else(|| code.to_owned(), |one| one.name(t.locale().tag() == "en").to_owned())
}

/// A lot as a row.
struct LotRow {
    id: String,
    medicine: String,
    lot: String,
    expires: String,
    left: String,
    tone: &'static str,
    word: String,
}

/// An entry as a line.
struct EntryRow {
    what: String,
    when: String,
    because: String,
}

/// A prescription that waits.
struct Waiting {
    id: String,
    name: String,
    what: String,
    when: String,
}

#[derive(Template)]
#[template(path = "follow-lots.html")]
struct LotsPage {
    shell: Shell,
    t: T,
    problems: Problems,
    /// Which form of the page was sent and is wrong: `receive`, or the id of a lot.
    wrong: String,
    form: FormMap,
    href: String,
    own: bool,
    waiting: Vec<Waiting>,
    lots: Vec<LotRow>,
    entries: Vec<EntryRow>,
    medicines: Vec<Choice>,
    kinds: Vec<Choice>,
}

impl LotsPage {
    /// What was typed into a field of one of the forms.
    fn typed(&self, form: &str, field: &str) -> &str {
        if self.wrong == form { self.form.typed(field) } else { "" }
    }

    /// What is wrong with a field of one of the forms.
    fn slip(&self, form: &str, field: &str) -> String {
        if self.wrong == form { self.problems.text(&self.t, field) } else { String::new() }
    }
}

/// `GET /care/antivirals/{id}`: the lots of an institution.
pub(crate) async fn institution(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| FollowError::NotFound)?;
    Ok(private(Page(lots_page(&caller, &hall, id, (FormMap::default(), ""), Problems::default()).await?)))
}

async fn lots_page(
    caller: &Caller,
    hall: &Hall,
    id: OrganisationId,
    (form, wrong): (FormMap, &str),
    problems: Problems,
) -> Result<LotsPage, AppError> {
    let (t, desk, now) = (caller.info.t().clone(), desk(hall)?, hall.now());
    let scope = caller.ctx.scope(Action::Change, Resource::Antiviral).map_err(FollowError::from)?;
    let rules = desk.rules(&scope.place, now).map_err(FollowError::from)?;
    let list = rules.antivirals();
    let view = queries::antivirals_of(&caller.ctx, &mut hall.read().await?.conn(), &desk, id).await?;
    let today = now.local().date();
    let lot = |lot: &crate::follow::model::Lot| {
        let days = i64::from(today.until(lot.expires).map_or(0, |span| span.get_days()));
        let (tone, word) = match days {
            _ if lot.left == 0 => ("", t.s("follow-lot-empty")),
            ..0 => ("act", t.s("follow-lot-expired")),
            days if days <= SOON_DAYS => ("soon", t.s("follow-lot-soon")),
            _ => ("well", t.s("follow-lot-good")),
        };
        LotRow {
            id: lot.id.to_string(),
            medicine: name(&t, list, &lot.medicine),
            lot: lot.lot.clone(),
            expires: lot.expires.to_string(),
            left: t.n("follow-boxes", lot.left),
            tone,
            word: word.into_owned(),
        }
    };
    let entry = |entry: &crate::follow::model::Entry| {
        let of = view.lots.iter().find(|lot| lot.id == entry.lot);
        let medicine = of.map(|lot| format!("{} {}", name(&t, list, &lot.medicine), lot.lot)).unwrap_or_default();
        let boxes = format!("{}{}", if entry.quantity > 0 { "+" } else { "" }, entry.quantity);
        EntryRow {
            what: format!("{} {boxes} · {medicine}", t.s(&format!("follow-entry-{}", entry.kind))),
            when: t.when(entry.at, now),
            because: entry.because.clone().unwrap_or_default(),
        }
    };
    let waiting = view.waiting.iter().map(|(decision, known)| Waiting {
        id: decision.id.to_string(),
        name: known.clone().unwrap_or_default(),
        what: t.with(
            "follow-prescribed",
            &[
                ("number", decision.number.as_str().into()),
                ("medicine", name(&t, list, decision.medicine.as_deref().unwrap_or_default()).into()),
                ("boxes", t.n("follow-boxes", decision.quantity).into()),
            ],
        ),
        when: t.when(decision.decided_at, now),
    });
    let english = t.locale().tag() == "en";
    let kinds = [EntryKind::Wasted, EntryKind::Corrected];
    Ok(LotsPage {
        shell: caller.shell(t.v("follow-stock-of", "name", &view.name)),
        href: format!("/care/antivirals/{id}"),
        own: view.own,
        waiting: waiting.collect(),
        lots: view.lots.iter().map(lot).collect(),
        entries: view.entries.iter().map(entry).collect(),
        medicines: list.medicines().iter().map(|one| Choice::new(&one.code, one.name(english))).collect(),
        kinds: kinds.iter().map(|kind| Choice::new(kind.as_str(), t.s(&format!("follow-entry-{kind}")).into_owned())).collect(),
        wrong: wrong.to_owned(),
        form,
        problems,
        t: t.clone(),
    })
}

/// `POST /care/antivirals/{id}/entries`: boxes came in, were wasted, or were counted anew.
pub(crate) async fn enter(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: OrganisationId = id.parse().map_err(|_| FollowError::NotFound)?;
    let desk = desk(&hall)?;
    let received = form.typed("kind") == EntryKind::Received.as_str();
    let done = async {
        if received {
            let input = read_received(&form)?;
            return run!(caller, hall, tx => commands::receive(&caller.ctx, tx, &desk, id, input)).map(|_| ());
        }
        let (lot, change) = read_change(&form)?;
        run!(caller, hall, tx => commands::adjust(&caller.ctx, tx, lot, change, form.typed("because")))
    }
    .await;
    let done = done.map(|()| format!("/care/antivirals/{id}"));
    let again = async |problems| {
        let wrong = if received { "receive".to_owned() } else { form.typed("lot").to_owned() };
        Ok(Page(lots_page(&caller, &hall, id, (form, &wrong), problems).await?))
    };
    ended(&caller, done, again).await
}

fn quantity(form: &FormMap, range: Wrong) -> Result<i64, FollowError> {
    form.typed("quantity").trim().parse().map_err(|_| FollowError::Field { field: "quantity", problem: range })
}

fn read_received(form: &FormMap) -> Result<Received, FollowError> {
    let wrong = |field, problem| FollowError::Field { field, problem };
    let expires = form.typed("expires").trim();
    Ok(Received {
        medicine: form.typed("medicine").to_owned(),
        lot: form.typed("lot").to_owned(),
        expires: expires
            .parse()
            .map_err(|_| wrong("expires", if expires.is_empty() { Wrong::Required } else { Wrong::NotADate }))?,
        quantity: quantity(form, Wrong::OutOfRange { least: 1, most: commands::RECEIVE_MAX })?,
    })
}

fn read_change(form: &FormMap) -> Result<(LotId, (EntryKind, i64)), FollowError> {
    let lot = form.typed("lot").parse().map_err(|_| FollowError::NotFound)?;
    let kind = form.typed("kind").parse().map_err(|_| FollowError::Field { field: "kind", problem: Wrong::NotAChoice })?;
    let most = commands::RECEIVE_MAX;
    let least = if kind == EntryKind::Corrected { -most } else { 1 };
    Ok((lot, (kind, quantity(form, Wrong::OutOfRange { least, most })?)))
}
