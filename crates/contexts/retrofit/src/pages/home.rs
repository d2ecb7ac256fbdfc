//! A home, at its door (入户登记): what it says now, what it said before, its area and owner, its signature, its sale.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_kernel::{Area, Fen, PlacePath};
use linli_webkit::view::{Choice, Step, Thumb};
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{
    answered, choices, decimal, home_name, keep_photo, lift_id, office, optional, private, run, shown, stance_tone, stance_word,
    take_key, whole, word,
};
use crate::commands::homes::{self as commands, Said};
use crate::error::{RetrofitError, Wrong};
use crate::model::{AreaSource, Home, Matter, Signing, Spoken, Stance, Way, Word};
use crate::queries::Whole;

#[derive(Template)]
#[template(path = "lift-home.html")]
struct HomePage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    id: String,
    base: String,
    title: String,
    stairwell: String,
    tone: &'static str,
    stand: String,
    steps: Vec<Step>,
    stances: Vec<Choice>,
    ways: Vec<Choice>,
    matters: Vec<Choice>,
    area: String,
    sources: Vec<Choice>,
    source: String,
    others: Vec<Choice>,
    same: String,
    corrects: bool,
    share: String,
    signs: bool,
    signings: Vec<Choice>,
    signed: String,
    sold: String,
    has_signed: bool,
}

impl HomePage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }

    fn area(&self) -> &str {
        match self.form.typed("area") {
            "" => &self.area,
            typed => typed,
        }
    }
}

fn history(t: &T, hall_office: &crate::LiftOffice, whole: &Whole, home: &Home) -> Vec<Step> {
    let step = |word: &Word| {
        let spoken: Spoken = hall_office
            .vault()
            .open_for(whole.project.id.0.as_bytes(), &word.sealed)
            .and_then(|json| serde_json::from_str(&json).ok())
            .unwrap_or_default();
        let way = t.s(&format!("lift-way-{}", word.way)).into_owned();
        let mut text = t.with(
            "lift-step-line",
            &[("stance", stance_word(t, Some(word.stance)).into()), ("way", way.into()), ("day", word.day.as_str().into())],
        );
        if let Some(reason) = word.reason {
            text = format!("{text} · {}", t.s(&format!("lift-matter-{reason}")));
        }
        let who = [("lift-spoke", &spoken.who), ("lift-witnessed", &spoken.witness)];
        let who = who.into_iter().filter(|(_, name)| !name.is_empty()).map(|(key, name)| t.v(key, "name", name));
        let photo = word.paper.map(|hash| {
            let href = format!("/lifts/{}/papers/{hash}", whole.project.id);
            Thumb { src: href.clone(), href, alt: t.s("lift-paper-alt").into_owned() }
        });
        Step {
            at: word.at,
            text,
            who: who.collect::<Vec<_>>().join(" · "),
            note: spoken.said,
            photos: photo.into_iter().collect(),
            state: stance_tone(Some(word.stance)),
        }
    };
    whole.words.iter().rev().filter(|word| word.home == home.place).map(step).collect()
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    (id, home): (&str, &str),
    (form, problems): (&FormMap, Problems),
) -> Result<HomePage, AppError> {
    let (t, office) = (caller.info.t().clone(), office(hall)?);
    let whole = whole(caller, hall, id).await?;
    let place: PlacePath = home.parse().map_err(|_| RetrofitError::NotFound)?;
    let at = whole.homes.iter().position(|one| one.place == place).ok_or(RetrofitError::NotFound)?;
    let one = whole.homes.get(at).ok_or(RetrofitError::NotFound)?;
    let word = whole.last().get(at).copied().flatten();
    let stance = word.map(|word| word.stance);
    let chosen = whole.schemes.iter().find(|scheme| Some(scheme.id) == whole.project.scheme);
    let part = chosen.and_then(|scheme| whole.shared(scheme).ok()).and_then(|shared| shared.parts.get(at).copied());
    let amounts = |share: i64, compensation: i64| {
        t.with(
            "lift-amounts",
            &[("share", Fen(share).to_string().into()), ("compensation", Fen(compensation).to_string().into())],
        )
    };
    let others = whole.homes.iter().filter(|other| other.place != one.place);
    let same = others.clone().find(|other| other.owner == one.owner).map(|other| other.place.to_string()).unwrap_or_default();
    Ok(HomePage {
        shell: caller.shell(home_name(&t, one)),
        base: format!("/lifts/{id}/homes/{home}"),
        title: home_name(&t, one),
        stairwell: whole.project.title.clone(),
        tone: stance_tone(stance),
        stand: stance_word(&t, stance),
        steps: history(&t, &office, &whole, one),
        stances: choices(&t, "lift-stance", Stance::ALL.iter().map(|one| one.as_str())),
        ways: choices(&t, "lift-way", ["door", "phone", "paper"]),
        matters: choices(&t, "lift-matter", Matter::ALL.iter().map(|one| one.as_str())),
        area: one.area.map(|area| shown(area.0, 2)).unwrap_or_default(),
        sources: choices(&t, "lift-area", AreaSource::ALL.iter().map(|one| one.as_str())),
        source: one.source.to_string(),
        others: others.clone().map(|other| Choice::new(other.place.to_string(), home_name(&t, other))).collect(),
        same,
        corrects: !whole.homes.iter().any(|home| home.signed.is_some()),
        share: part.map(|part| amounts(part.share, part.compensation)).unwrap_or_default(),
        signs: part.is_some() && one.signed.is_none() && stance == Some(Stance::Agree) && whole.standing.passes,
        signings: choices(&t, "lift-signing", Signing::ALL.iter().map(|one| one.as_str())),
        signed: one
            .signed
            .map(|signed| {
                let how = t.s(&format!("lift-signing-{}", signed.how)).into_owned();
                let day = crate::commands::day_of(signed.at);
                let amounts = amounts(signed.share, signed.compensation);
                t.with("lift-signed-line", &[("day", day.into()), ("how", how.into()), ("amounts", amounts.into())])
            })
            .unwrap_or_default(),
        has_signed: one.signed.is_some(),
        sold: one.sold_on.as_ref().map(|day| t.v("lift-sold-line", "day", day)).unwrap_or_default(),
        id: id.to_owned(),
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /lifts/{id}/homes/{home}`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, home)): Path<(String, String)>,
) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, (&id, &home), (&FormMap::default(), Problems::default())).await?)))
}

async fn answer(
    caller: &Caller,
    hall: &Hall,
    at: (&str, &str),
    (form, done, to): (&FormMap, Result<(), AppError>, String),
) -> Result<Response, AppError> {
    answered(done, &to, async |problems| page(caller, hall, at, (form, problems)).await).await
}

fn place(home: &str) -> Result<PlacePath, RetrofitError> {
    home.parse().map_err(|_| RetrofitError::NotFound)
}

/// `POST /lifts/{id}/homes/{home}`: what it says.
pub(crate) async fn say(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path((id, home)): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let (lift, office, at) = (lift_id(&id)?, office(&hall)?, place(&home)?);
        let (stance, way): (Stance, Way) = (word(&form, "stance")?, word(&form, "way")?);
        let said = Said {
            stance,
            way,
            reason: optional(&form, "reason")?,
            day: form.typed("day"),
            who: form.typed("who"),
            said: form.typed("said"),
            witness: form.typed("witness"),
        };
        // Nobody's photo is developed before it is clear that the sender may be here.
        super::whole(&caller, &hall, &id).await?;
        let photo = keep_photo(&hall, &form, "photo").await?;
        run!(caller, hall, tx => commands::say(&caller.ctx, tx, &office, (lift, &at), (said, photo)))
    };
    let done = done.await;
    // Back to the house: the next door is what comes next.
    answer(&caller, &hall, (&id, &home), (&form, done, format!("/lifts/{id}"))).await
}

/// `POST /lifts/{id}/homes/{home}/correct`.
pub(crate) async fn correct(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, home)): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let (lift, office, at) = (lift_id(&id)?, office(&hall)?, place(&home)?);
        let wrong = RetrofitError::field("area", Wrong::NotANumber { min: 1, max: 100_000 });
        let area = Area(decimal(form.typed("area"), 2).ok_or(wrong)?);
        let (source, same): (AreaSource, Option<PlacePath>) = (word(&form, "source")?, optional(&form, "same_as")?);
        run!(caller, hall, tx => commands::correct(&caller.ctx, tx, &office, (lift, &at), (area, source, same.as_ref())))
    };
    let done = done.await;
    answer(&caller, &hall, (&id, &home), (&form, done, format!("/lifts/{id}/homes/{home}"))).await
}

/// `POST /lifts/{id}/homes/{home}/sign`.
pub(crate) async fn sign(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, home)): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let (lift, office, at) = (lift_id(&id)?, office(&hall)?, place(&home)?);
        let how: Signing = word(&form, "how")?;
        super::whole(&caller, &hall, &id).await?;
        let photo = keep_photo(&hall, &form, "photo").await?;
        run!(caller, hall, tx => commands::sign(&caller.ctx, tx, &office, (lift, &at), (how, photo)))
    };
    let done = done.await;
    answer(&caller, &hall, (&id, &home), (&form, done, format!("/lifts/{id}"))).await
}

/// `POST /lifts/{id}/homes/{home}/sold`.
pub(crate) async fn sold(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, home)): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let (lift, at) = (lift_id(&id)?, place(&home)?);
        let what = (form.typed("sold_on"), form.typed("heir"));
        run!(caller, hall, tx => commands::sold(&caller.ctx, tx, (lift, &at), what))
    };
    let done = done.await;
    answer(&caller, &hall, (&id, &home), (&form, done, format!("/lifts/{id}/homes/{home}"))).await
}
