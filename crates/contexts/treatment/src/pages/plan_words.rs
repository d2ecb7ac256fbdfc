//! What the plan says, in words.

use linli_kernel::Ts;
use linli_webkit::T;
use linli_webkit::view::Choice;

use crate::model::plan::{At, Because, Harm, Picture, Stays, Step, Suggestion, Waiting, Where};
use crate::model::referrals::Severity;
use crate::queries::plan::names;

pub(crate) fn severity(t: &T, one: Severity) -> String {
    t.s(&format!("referral-severity-{one}")).into_owned()
}

/// The state of a badge by how sick somebody is.
pub(crate) const fn tone(one: Severity) -> &'static str {
    match one {
        Severity::Critical => "act",
        Severity::Severe => "soon",
        Severity::Ordinary => "info",
    }
}

pub(crate) fn house(picture: &Picture, at: At) -> String {
    picture.houses.get(&at).map(|house| house.name.clone()).unwrap_or_default()
}

/// A short mark by which two people on the telephone mean the same one, without a name.
pub(crate) fn mark(id: impl ToString) -> String {
    let text = id.to_string();
    text.get(text.len().saturating_sub(6)..).unwrap_or_default().to_uppercase()
}

/// House, unit, kind of bed.
pub(crate) fn bed(t: &T, picture: &Picture, to: Where) -> String {
    let (house, unit) = names(picture, to);
    let kind = t.s(&format!("beds-type-{}", to.bed_type));
    format!("{house} · {unit} · {kind}")
}

/// Why this bed.
pub(crate) fn because(t: &T, picture: &Picture, one: &Suggestion) -> String {
    let nearer =
        |key: &str, at: At, minutes: i64| t.with(key, &[("house", house(picture, at).into()), ("minutes", minutes.into())]);
    match one.because {
        Because::Here => t.s("plan-because-here").into_owned(),
        Because::Only => t.s("plan-because-only").into_owned(),
        Because::Nearest { of } => t.n("plan-because-nearest", of),
        Because::NearerFull { house, minutes } => nearer("plan-because-full", house, minutes),
        Because::Spread { house, minutes } => nearer("plan-because-spread", house, minutes),
        Because::NearerGiven { house: at, minutes, to } => t.with(
            "plan-because-given",
            &[("house", house(picture, at).into()), ("minutes", minutes.into()), ("severity", severity(t, to).into())],
        ),
    }
}

/// Which house is left out because it refused.
pub(crate) fn refused(t: &T, picture: &Picture, one: &Suggestion) -> String {
    one.refused.map_or_else(String::new, |(at, why)| {
        let why = t.s(&format!("referral-reason-{why}")).into_owned();
        t.with("plan-refused", &[("house", house(picture, at).into()), ("why", why.into())])
    })
}

pub(crate) fn step(t: &T, picture: &Picture, one: &Step) -> String {
    let args = [
        ("who", mark(one.who.referral).into()),
        ("from", bed(t, picture, one.from).into()),
        ("to", bed(t, picture, one.to).into()),
        ("minutes", one.minutes.into()),
    ];
    t.with("plan-step", &args)
}

pub(crate) fn stays(t: &T, picture: &Picture, why: Stays) -> String {
    let key = match why {
        Stays::LeftOut { house: at, why, until } => {
            let why = t.s(&format!("referral-reason-{why}")).into_owned();
            let until = t.when(until, picture.now);
            return t.with(
                "plan-stays-left-out",
                &[("house", house(picture, at).into()), ("why", why.into()), ("until", until.into())],
            );
        }
        Stays::NobodyCan => "plan-stays-nobody",
        Stays::NoVehicle => "plan-stays-vehicle",
        Stays::NoBed => "plan-stays-bed",
    };
    t.s(key).into_owned()
}

/// What becomes more or less when it is refused; of nothing that nothing does.
pub(crate) fn harm(t: &T, harm: Option<Harm>) -> String {
    let Some(harm) = harm else { return t.s("plan-harm-cannot").into_owned() };
    let parts = [
        ("critical", harm.critical),
        ("severe", harm.severe),
        ("ordinary", harm.ordinary),
        ("waited", harm.waited),
        ("load", harm.load),
        ("minutes", harm.minutes),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(_, n)| *n != 0)
        .map(|(what, n)| t.n(&format!("plan-harm-{}-{what}", if n > 0 { "more" } else { "less" }), n.saturating_abs()))
        .collect();
    if said.is_empty() { t.s("plan-harm-none").into_owned() } else { said.join(&t.s("plan-harm-and")) }
}

/// Needs in words.
pub(crate) fn needs(t: &T, needs: &[String]) -> String {
    let words: Vec<String> = needs.iter().map(|code| super::referrals::need(t, code)).collect();
    words.join(&t.s("plan-needs-and"))
}

pub(crate) fn waited(t: &T, one: &Waiting, now: Ts) -> String {
    t.v("plan-waited", "span", t.duration(now.secs_since(one.since)))
}

/// A bed as a form sends it.
pub(crate) fn value(to: Where) -> String {
    format!("{}/{}/{}/{}", to.at.0, to.at.1, to.unit, to.bed_type)
}

/// A bed that a form sent.
pub(crate) fn read(text: &str) -> Option<Where> {
    let mut parts = text.split('/');
    let district = linli_kernel::DistrictId(parts.next()?.parse().ok()?);
    let at = (district, parts.next()?.parse().ok()?);
    let (unit, bed_type) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(Where { at, unit, bed_type })
}

/// Beds to choose from, the nearest first.
pub(crate) fn choices(t: &T, picture: &Picture, beds: &[(Where, i64, i64)]) -> Vec<Choice> {
    let line = |(to, minutes, left): &(Where, i64, i64)| {
        let free = t.n("beds-free", *left);
        let text =
            t.with("plan-choice", &[("bed", bed(t, picture, *to).into()), ("minutes", (*minutes).into()), ("free", free.into())]);
        Choice::new(value(*to), text)
    };
    beds.iter().map(line).collect()
}
