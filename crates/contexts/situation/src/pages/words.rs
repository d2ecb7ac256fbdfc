//! Figures in words.

use std::collections::HashMap;

use linli_access::Role;
use linli_cases::queries::Figures;
use linli_kernel::{PlaceLevel, PlacePath, Ts};
use linli_record::model::Standing;
use linli_record::view::proof_line;
use linli_territory::model::Coverage;
use linli_webkit::T;
use linli_webkit::view::Figure;
use uuid::Uuid;

use crate::model::{Counted, Happening, Precision, Published};
use crate::rules::{self, Conflict};

/// `60000` as `60,000`.
pub(crate) fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        text.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An area of so many 0.01 m²: in 万平方米 or million m² when that large.
pub(crate) fn area(t: &T, hundredths: i64) -> String {
    // One decimal of 万 m² in Chinese, two of a million in English, each rounded.
    let wan_tenths = (hundredths + 50_000) / 100_000;
    let million_hundredths = (hundredths + 500_000) / 1_000_000;
    if hundredths < 1_000_000 {
        return t.v("situation-area-small", "area", grouped((hundredths + 50) / 100));
    }
    let wan = format!("{}.{}", grouped(wan_tenths / 10), wan_tenths % 10);
    let million = format!("{}.{:02}", grouped(million_hundredths / 100), million_hundredths % 100);
    t.with("situation-area-large", &[("wan", wan.into()), ("million", million.into())])
}

/// `part` of `whole` in per cent, rounded; nothing of nothing is a dash.
pub(crate) fn share(part: i64, whole: i64) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{}%", (part * 200 + whole) / (whole * 2)) }
}

/// A count as this figure is written.
pub(crate) fn count(t: &T, figure: Counted, n: i64) -> String {
    if figure.is_area() { area(t, n) } else { grouped(n) }
}

/// What a figure counts, in words.
pub(crate) fn name(t: &T, figure: Counted) -> String {
    t.s(&format!("situation-counted-{}", figure.as_str())).into_owned()
}

/// The same inside a sentence.
fn name_within(t: &T, figure: Counted) -> String {
    // Chinese has no capitals, and none of the English names is a proper one.
    name(t, figure).to_lowercase()
}

/// The five figures of a place. `desk` is where its cases can be opened; `None` for those who read no cases.
pub(crate) fn five(t: &T, f: &Figures, path: &PlacePath, at: Ts, desk: bool) -> Vec<Figure> {
    let opens = |query: &str| if desk { format!("/desk?place={path}{query}") } else { String::new() };
    let time = t.time(at);
    let figure = |key: &str, value: String, state: &'static str, href: String, args: &[(&str, i64)]| {
        let mut values = vec![("time", time.clone().into())];
        values.extend(args.iter().map(|(name, n)| (*name, (*n).into())));
        let label = t.s(&format!("situation-figure-{key}")).into_owned();
        Figure { value, label, sentence: t.with(&format!("situation-figure-{key}.sentence"), &values), state, href }
    };
    vec![
        figure(
            "overdue",
            grouped(f.overdue),
            if f.overdue > 0 { "act" } else { "well" },
            opens("&view=overdue"),
            &[("open", f.open)],
        ),
        figure("open", grouped(f.open), "", opens(""), &[]),
        figure("awaiting", grouped(f.awaiting_confirmation), "", opens("&state=awaiting_confirmation"), &[]),
        figure(
            "confirmed",
            share(f.confirmed_30d, f.closed_30d),
            "",
            opens("&view=ended"),
            &[("closed", f.closed_30d), ("confirmed", f.confirmed_30d)],
        ),
        figure(
            "reopened",
            grouped(f.reopened_30d),
            if f.reopened_30d > 0 { "soon" } else { "" },
            opens("&state=reopened"),
            &[("reported", f.reported_30d)],
        ),
    ]
}

/// How often somebody was told where else a matter is taken up, and out of how many; nothing when nobody was.
pub(crate) fn told_elsewhere(t: &T, f: &Figures) -> String {
    let told = f.told_elsewhere_30d;
    if told == 0 {
        return String::new();
    }
    let numbers = [("all", told + f.reported_30d), ("told", told), ("reported", f.reported_30d)];
    t.with("situation-told", &numbers.map(|(name, n)| (name, n.into())))
}

/// A sentence of the coverage of a place, with its number in front.
pub(crate) struct Fact {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) sentence: String,
    /// What exactly is counted (口径).
    pub(crate) meaning: String,
}

/// What a place holds, in sentences; of estates only where there may be several.
pub(crate) fn coverage(t: &T, c: &Coverage, of_estates: bool) -> Vec<Fact> {
    let fact = |figure: Counted, n: i64, key: &str, args: &[(&str, String)]| {
        let values: Vec<(&str, linli_webkit::Value<'_>)> = args.iter().map(|(k, v)| (*k, v.as_str().into())).collect();
        let meaning = t.s(&format!("situation-means-{}", figure.as_str().replace('_', "-"))).into_owned();
        Fact { label: name(t, figure), value: count(t, figure, n), sentence: t.with(key, &values), meaning }
    };
    let mut facts = Vec::new();
    if of_estates && c.estates > 0 {
        facts.push(fact(
            Counted::Estates,
            c.estates,
            "situation-coverage-estates",
            &[("closed", grouped(c.closed)), ("scattered", grouped(c.scattered))],
        ));
        let old = if c.age_unknown > 0 { "situation-coverage-old-unknown" } else { "situation-coverage-old" };
        facts.push(fact(Counted::Old, c.old, old, &[("share", share(c.old, c.estates)), ("unknown", grouped(c.age_unknown))]));
        let parts = [
            ("share", share(c.in_care, c.estates)),
            ("closed", grouped(c.in_care_closed)),
            ("scattered", grouped(c.in_care_scattered)),
        ];
        facts.push(fact(Counted::InCare, c.in_care, "situation-coverage-in-care", &parts));
        facts.push(fact(
            Counted::AreaInCare,
            c.area_in_care,
            "situation-coverage-area",
            &[("all", area(t, c.area)), ("share", share(c.area_in_care, c.area))],
        ));
        let households = [("all", grouped(c.households)), ("share", share(c.households_in_care, c.households))];
        facts.push(fact(Counted::HouseholdsInCare, c.households_in_care, "situation-coverage-households", &households));
    }
    let on_record = [("buildings", grouped(c.buildings)), ("entrances", grouped(c.entrances)), ("homes", grouped(c.homes))];
    let values: Vec<(&str, linli_webkit::Value<'_>)> = on_record.iter().map(|(k, v)| (*k, v.as_str().into())).collect();
    facts.push(Fact {
        label: t.s("situation-coverage-entrances-label").into_owned(),
        value: grouped(c.entrances),
        sentence: t.with("situation-coverage-on-record", &values),
        meaning: t.s("situation-means-entrances").into_owned(),
    });
    facts
}

/// A published figure beside the records, in words.
pub(crate) struct PublishedRow {
    pub(crate) name: String,
    pub(crate) printed: String,
    pub(crate) recorded: String,
    pub(crate) state: &'static str,
    pub(crate) word: String,
    pub(crate) source: String,
    /// The line that leads to its proof, ready HTML.
    pub(crate) proof: String,
}

pub(crate) fn published(
    t: &T,
    (all, proofs): (&[Published], &HashMap<Uuid, Standing>),
    coverage: &Coverage,
) -> Vec<PublishedRow> {
    let row = |one: &Published| {
        let beside = rules::beside(one, all, coverage);
        let key = if beside.fits { "situation-fits" } else { "situation-differs" };
        PublishedRow {
            name: name(t, one.figure),
            printed: printed(t, one, beside.implied),
            recorded: count(t, one.figure, beside.recorded),
            state: if beside.fits { "well" } else { "info" },
            word: t.s(key).into_owned(),
            proof: proof_line(t, proofs.get(&one.subject())),
            source: t.with(
                "situation-source",
                &[("source", one.source.as_str().into()), ("date", one.published_on.to_string().into())],
            ),
        }
    };
    let mut rows: Vec<&Published> = all.iter().collect();
    rows.sort_by_key(|one| one.figure);
    rows.into_iter().map(row).collect()
}

fn printed(t: &T, one: &Published, implied: i64) -> String {
    let number = match one.share_of {
        None => count(t, one.figure, one.value),
        Some(whole) => t.with(
            "situation-printed-share",
            &[
                ("percent", one.value.into()),
                ("whole", name_within(t, whole).into()),
                ("implied", count(t, one.figure, implied).into()),
            ],
        ),
    };
    match one.precision {
        Precision::Exactly => number,
        Precision::About => t.v("situation-about", "number", number),
        Precision::Over => t.v("situation-over", "number", number),
    }
}

/// A contradiction in a sentence.
pub(crate) fn conflict(t: &T, conflict: &Conflict) -> String {
    match conflict {
        Conflict::PartExceedsWhole { part, part_count, whole, whole_count, share, other_reading } => {
            let mut args = vec![
                ("part", name_within(t, *part).into()),
                ("part_count", count(t, *part, *part_count).into()),
                ("whole", name(t, *whole).into()),
                ("whole_count", count(t, *whole, *whole_count).into()),
            ];
            let Some((percent, base)) = share else { return t.with("situation-conflict-part", &args) };
            args.push(("percent", (*percent).into()));
            args.push(("base", name_within(t, *base).into()));
            let mut text = t.with("situation-conflict-share", &args);
            if let Some((other, implied)) = other_reading {
                args.push(("other", name_within(t, *other).into()));
                args.push(("implied", count(t, *whole, *implied).into()));
                text.push_str(&t.with("situation-conflict-reading", &args));
            }
            text
        }
        Conflict::PartsDoNotAddUp { whole, whole_count, sum, parts: [a, b] } => t.with(
            "situation-conflict-sum",
            &[
                ("whole", name(t, *whole).into()),
                ("whole_count", count(t, *whole, *whole_count).into()),
                ("a", name(t, *a).into()),
                ("b", name(t, *b).into()),
                ("sum", count(t, *whole, *sum).into()),
            ],
        ),
    }
}

/// A happening in words.
pub(crate) struct HappeningRow {
    pub(crate) text: String,
    pub(crate) place: String,
    pub(crate) when: String,
    pub(crate) href: String,
}

pub(crate) fn happening(t: &T, h: &Happening, now: Ts, may_open: bool) -> HappeningRow {
    let text = t.v(&format!("situation-event-{}", h.kind.replace(['.', '_'], "-")), "number", &h.number);
    let opens = may_open && h.kind.starts_with("cases.") && !h.subject.is_empty();
    HappeningRow {
        text,
        place: h.place_name.clone(),
        when: t.when(h.at, now),
        href: if opens { format!("/cases/{}", h.subject) } else { String::new() },
    }
}

/// Where a role's day begins: the first of these that the house has. Where it has none, with the place of the appointment.
pub(crate) const fn days_of(role: Role) -> &'static [&'static str] {
    match role {
        Role::LifeSteward | Role::RedSteward | Role::GridWorker | Role::Guard => &["/my-day"],
        Role::PropertyManager | Role::PropertyDesk | Role::CommunityWorker => &["/desk"],
        Role::FamilyDoctor => &["/care/calls", "/referrals"],
        Role::BedManager => &["/inbound"],
        Role::GridCoordinator => &["/grid"],
        Role::EmergencyDispatcher => &["/emergency"],
        Role::HealthOfficer => &["/network/returns"],
        Role::Expert => &["/rounds"],
        Role::CommunitySecretary | Role::SubdistrictOfficer | Role::DistrictOfficer | Role::Administrator | Role::Member => &[],
    }
}

/// The page with which the day of an appointment begins. Who is followed at home is looked after from the community on: whoever is appointed above
/// it has nobody there, and begins elsewhere.
pub(crate) fn day_of(role: Role, place: &PlacePath, leads_to: impl Fn(&str) -> bool) -> Option<&'static str> {
    let near = place.level().is_some_and(|level| level >= PlaceLevel::Community);
    days_of(role).iter().copied().find(|page| leads_to(page) && (near || !page.starts_with("/care/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_doctor_above_the_communities_begins_with_referrals() {
        let at = |place: &str| day_of(Role::FamilyDoctor, &place.parse().unwrap(), |_| true);
        assert_eq!(at("0000000100010001"), Some("/care/calls"), "of a community");
        assert_eq!(at("000000010001"), Some("/referrals"), "of a subdistrict, where nobody is followed at home");
        assert_eq!(at("00000001"), Some("/referrals"));
        assert_eq!(day_of(Role::FamilyDoctor, &"00000001".parse().unwrap(), |page| page != "/referrals"), None);
    }

    #[test]
    fn numbers_are_read_in_groups_and_shares_rounded() {
        assert_eq!([0, 999, 1_000, 60_000, -1_234_567].map(grouped), ["0", "999", "1,000", "60,000", "-1,234,567"]);
        assert_eq!([(268, 566), (1, 3), (0, 5), (0, 0)].map(|(a, b)| share(a, b)), ["47%", "33%", "0%", "–"]);
    }
}
