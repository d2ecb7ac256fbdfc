//! The classes that count at a place (类别与代码), for whoever looks after them: of all three classifications, with source, version,
//! clock and basis.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use linli_access::{Role, Scope};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath};
use linli_rulebook::Stamp;
use linli_webkit::view::{Choice, Pager};
use linli_webkit::{AppError, Page, Shell, T};
use serde::Deserialize;

use super::classing::old_words;
use super::{neighbours, office, store, words};
use crate::error::CasesError;
use crate::model::MessageClass;
use crate::queries;
use crate::rules::{Basis, CityCode, CityKind, Class, Governing, Rules, Says, Successor};

/// Rows of a page.
const PAGE: usize = 100;

/// One of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Report,
    Message,
    Matter,
    Component,
}

impl List {
    const ALL: [Self; 4] = [Self::Report, Self::Message, Self::Matter, Self::Component];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Message => "message",
            Self::Matter => "matter",
            Self::Component => "component",
        }
    }
}

struct Row {
    code: String,
    name: String,
    notes: Vec<String>,
    clock: String,
    basis: Vec<String>,
    links: Vec<String>,
    closed: String,
}

#[derive(Template)]
#[template(path = "cases-classes.html")]
pub(crate) struct ClassesPage {
    shell: Shell,
    t: T,
    tabs: Vec<(String, String, bool)>,
    /// The districts, for somebody who reaches all of them.
    districts: Vec<Choice>,
    district: String,
    places: Vec<Choice>,
    place: String,
    list: &'static str,
    q: String,
    /// Source, version and validity of the list, and whether it was checked.
    source: Vec<(String, String)>,
    unverified: bool,
    /// What the look-up of an old code says.
    found: Vec<String>,
    counts: String,
    rows: Vec<Row>,
    pager: Pager,
}

/// What the page shows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    district: String,
    at: String,
    list: String,
    q: String,
    after: String,
}

impl Asked {
    fn href(&self, list: &str, after: &str) -> String {
        let pairs = [
            ("district", self.district.as_str()),
            ("at", self.at.as_str()),
            ("list", list),
            ("q", self.q.as_str()),
            ("after", after),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        format!("/admin/classes?{}", query.finish())
    }

    fn finds(&self, text: &str) -> bool {
        self.q.split_whitespace().all(|word| text.contains(word))
    }
}

/// `GET /admin/classes`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Query(asked): Query<Asked>,
) -> Result<Page<ClassesPage>, AppError> {
    let (t, ctx) = (caller.info.t().clone(), &caller.ctx);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let (districts, scope) = queries::rules_scope(ctx, c, asked.district.parse().ok().map(DistrictId)).await?;
    let place = asked.at.parse().ok().filter(|place| scope.contains(scope.district, place));
    let place: PlacePath = place.unwrap_or_else(|| scope.place.clone());
    let rules = office(&hall)?.rules(&place, ctx.now()).map_err(CasesError::from)?;
    let list = List::ALL.into_iter().find(|list| list.as_str() == asked.list).unwrap_or(List::Report);
    let mut source = Vec::new();
    let (mut stamp, mut since) = (None, None);
    let rows: Vec<Row> = match list {
        List::Report => {
            stamp = Some(rules.classes_stamp());
            rules
                .classes()
                .all()
                .filter(|class| asked.finds(&format!("{} {} {}", class.code, class.zh, class.en)))
                .map(|class| report_row(&t, &rules, class))
                .collect()
        }
        List::Message => {
            let messages = queries::message_list(c, scope.district, &place).await?.classes;
            source = message_source(c, &hall, &t, (scope.district, &messages)).await?;
            messages
                .iter()
                .filter(|class| asked.finds(&class.path.to_string()))
                .map(|class| message_row(&t, &rules, class))
                .collect()
        }
        List::Matter | List::Component => {
            stamp = Some(rules.city_stamp());
            since = rules.city().all(CityKind::Matter).next().map(|code| code.valid_from);
            let kind = if list == List::Matter { CityKind::Matter } else { CityKind::Component };
            rules
                .city()
                .all(kind)
                .filter(|code| asked.finds(&city_text(&rules, code)))
                .map(|code| city_row(&t, &rules, code))
                .collect()
        }
    };
    let found = if matches!(list, List::Matter | List::Component) { old(&t, &rules, &asked.q) } else { Vec::new() };
    let all = rows.len();
    let from = asked.after.parse::<usize>().unwrap_or(0).min(all);
    let last = (from + PAGE).min(all);
    let tab = |of: List| {
        let key = format!("cases-classes-{}", of.as_str());
        (asked.href(of.as_str(), ""), t.s(&key).into_owned(), of == list)
    };
    Ok(Page(ClassesPage {
        shell: caller.shell(t.s("cases-classes-title")),
        tabs: List::ALL.into_iter().map(tab).collect(),
        district: if districts.is_empty() { String::new() } else { scope.district.0.to_string() },
        districts: districts.into_iter().map(|(id, name)| Choice::new(id.0.to_string(), name)).collect(),
        places: places(c, &hall, &scope, &place).await?,
        place: place.to_string(),
        list: list.as_str(),
        unverified: stamp.is_some_and(|stamp| !stamp.verified),
        source: stamp.map_or(source, |stamp| stamp_words(&t, stamp, since)),
        found,
        counts: t.n("cases-classes-count", all),
        rows: rows.into_iter().skip(from).take(PAGE).collect(),
        pager: Pager {
            first: if from == 0 { String::new() } else { asked.href(list.as_str(), "") },
            older: if last < all { asked.href(list.as_str(), &last.to_string()) } else { String::new() },
        },
        q: asked.q,
        t,
    }))
}

/// Where one may look: the places above the chosen one as far as the actor reaches, and those under it.
async fn places(c: &mut Conn<'_>, hall: &Hall, scope: &Scope, here: &PlacePath) -> Result<Vec<Choice>, AppError> {
    let around = neighbours(hall)?.places_around(c, scope.district, here).await.map_err(store)?;
    let above = around.above.into_iter().filter(|(place, _)| scope.contains(scope.district, place));
    Ok(above.chain(around.under).map(|(place, name)| Choice::new(place.as_str(), name)).collect())
}

/// Where a pack comes from; `since` is the day of the standard where its codes have one of their own.
fn stamp_words(t: &T, stamp: &Stamp, since: Option<jiff::civil::Date>) -> Vec<(String, String)> {
    let note = stamp.citation.note.as_ref().map(|note| format!("。{note}")).unwrap_or_default();
    [
        ("cases-classes-source", format!("{}{note}", stamp.citation.title_in(t.locale().tag()))),
        ("cases-classes-version", stamp.version.clone()),
        ("cases-classes-since", since.unwrap_or(stamp.valid_from).to_string()),
    ]
    .map(|(key, text)| (t.s(key).into_owned(), text))
    .into()
}

/// Which files a 12345 list came from, since when, and at which place it stands.
async fn message_source(
    c: &mut Conn<'_>,
    hall: &Hall,
    t: &T,
    (district, messages): (DistrictId, &[MessageClass]),
) -> Result<Vec<(String, String)>, AppError> {
    let Some(first) = messages.first() else {
        return Ok(vec![(t.s("cases-classes-source").into_owned(), t.s("cases-look-no-list").into_owned())]);
    };
    let keeper = if first.district == DistrictId::CITY { DistrictId::CITY } else { district };
    let place = neighbours(hall)?.place_name(c, keeper, &first.place).await.map_err(store)?;
    let mut files: BTreeMap<&str, jiff::civil::Date> = BTreeMap::new();
    for class in messages {
        let since = files.entry(&class.source).or_insert(class.valid_from);
        *since = (*since).min(class.valid_from);
    }
    let words = |(file, since): (&str, jiff::civil::Date)| {
        t.with("cases-classes-file", &[("file", file.into()), ("since", since.to_string().into())])
    };
    let files: Vec<String> = files.into_iter().map(words).collect();
    let closed = messages.iter().filter(|class| !class.counts()).count();
    Ok(vec![
        (t.s("cases-classes-source").into_owned(), files.join("；")),
        (t.s("cases-place").into_owned(), place),
        (t.s("cases-classes-closed").into_owned(), closed.to_string()),
    ])
}

/// A clock in words, with the mark when nobody has checked it against its source.
fn clock(t: &T, rules: &Rules, code: &str) -> String {
    let Some(rule) = rules.clocks().named(code) else { return code.to_owned() };
    let term = words::term(t, &rule.term);
    if rule.verified { term } else { format!("{term}（{}）", t.s("cases-unverified")) }
}

/// What a class rests on, and what its clock does.
fn basis(t: &T, rules: &Rules, governing: &Governing, clock: &str) -> Vec<String> {
    let marked = |text: &str, verified: bool| match verified {
        true => text.to_owned(),
        false => format!("{text}（{}）", t.s("cases-unverified")),
    };
    let of_clock =
        rules.clocks().named(clock).map(|rule| t.v("cases-classes-clock-by", "source", marked(&rule.citation, rule.verified)));
    [marked(&governing.legal_basis, governing.basis_verified)].into_iter().chain(of_clock).collect()
}

/// Who is asked to take it, in this order.
fn owners(t: &T, roles: &[Role]) -> String {
    t.v("cases-classes-owners", "roles", words::roles(t, roles))
}

fn matter_link(t: &T, rules: &Rules, code: Option<&str>) -> String {
    match code.and_then(|code| rules.city().find(CityKind::Matter, code)) {
        Some(matter) => t.v("cases-classes-to-matter", "name", format!("{} {}", matter.code, matter.name)),
        None => t.s("cases-classes-no-matter").into_owned(),
    }
}

fn report_row(t: &T, rules: &Rules, class: &Class) -> Row {
    let governing = Governing::of(rules, class, None);
    Row {
        code: class.code.clone(),
        name: class.name(words::english(t)).to_owned(),
        notes: vec![
            t.v("cases-classes-conditions", "text", governing.conditions.text(words::english(t))),
            owners(t, &governing.owners),
            words::profile_words(t, rules, &class.profile),
        ],
        clock: clock(t, rules, &governing.clock),
        basis: basis(t, rules, &governing, &governing.clock),
        links: vec![matter_link(t, rules, class.matter.as_deref())],
        closed: String::new(),
    }
}

fn message_row(t: &T, rules: &Rules, class: &MessageClass) -> Row {
    let report = class.class.as_deref().and_then(|code| rules.classes().find(code));
    let governing = report.map(|report| Governing::of(rules, report, Some(class)));
    let own_clock = class.clock.as_deref().or(governing.as_ref().map(|governing| governing.clock.as_str()));
    let clock_words = match (own_clock, governing.as_ref().map(|governing| governing.clock_by)) {
        (None, _) => t.s("cases-classes-clock-unmapped").into_owned(),
        (Some(code), Some(Says::Report)) => t.v("cases-classes-clock-inherited", "clock", clock(t, rules, code)),
        (Some(code), _) => clock(t, rules, code),
    };
    let mapped = match report {
        Some(report) => t.v("cases-classes-to-report", "name", report.name(words::english(t))),
        None => t.s("cases-class-not-mapped").into_owned(),
    };
    let (conditions, asked) = match &governing {
        Some(governing) => (Some(governing.conditions.text(words::english(t))), governing.owners.as_slice()),
        None => (class.conditions.as_deref(), class.owners.as_slice()),
    };
    let profile = class.profile.as_deref().map(|code| words::profile_words(t, rules, code));
    Row {
        code: String::new(),
        name: class.path.to_string(),
        notes: conditions
            .map(|text| t.v("cases-classes-conditions", "text", text))
            .into_iter()
            .chain((!asked.is_empty()).then(|| owners(t, asked)))
            .chain(profile)
            .collect(),
        clock: clock_words,
        basis: match (&governing, own_clock) {
            (Some(governing), Some(code)) => basis(t, rules, governing, code),
            _ => class.legal_basis.clone().into_iter().collect(),
        },
        links: vec![
            mapped,
            matter_link(t, rules, class.matter.as_deref().or(report.and_then(|report| report.matter.as_deref()))),
        ],
        closed: class.closed_on.map(|on| t.v("cases-class-closed", "on", on.to_string())).unwrap_or_default(),
    }
}

/// What a code is found by: its digits, those of 2013, its name and that of its major class.
fn city_text(rules: &Rules, code: &CityCode) -> String {
    let old: Vec<String> = rules.city().predecessors(code.kind, &code.code).into_iter().map(|(old, _)| old).collect();
    format!("{} {} {} {}", code.code, code.name, code.major, old.join(" "))
}

fn city_row(t: &T, rules: &Rules, code: &CityCode) -> Row {
    let english = words::english(t);
    let handled = rules.class_of_matter(&code.code).filter(|_| code.kind == CityKind::Matter);
    let mut links = Vec::new();
    if code.kind == CityKind::Matter {
        links.push(match handled {
            Some(class) => t.v("cases-classes-to-report", "name", class.name(english)),
            None => t.s("cases-class-not-mapped").into_owned(),
        });
    }
    links.extend(rules.city().predecessors(code.kind, &code.code).into_iter().map(|(old, basis)| old_words(t, &old, basis)));
    let local = code.is_local.then(|| t.s("cases-classes-local").into_owned());
    Row {
        code: code.code.clone(),
        name: code.name.clone(),
        notes: [Some(code.major.clone()), local].into_iter().flatten().collect(),
        clock: handled.map_or_else(
            || t.s("cases-classes-clock-none").into_owned(),
            |class| t.v("cases-classes-clock-inherited", "clock", clock(t, rules, &class.clock)),
        ),
        basis: vec![format!("{}（{}）", code.standard_ref, code.valid_from)],
        links,
        closed: String::new(),
    }
}

/// What became of a four-digit code of 2013 that is looked for, in both lists.
fn old(t: &T, rules: &Rules, q: &str) -> Vec<String> {
    let q = q.trim();
    if q.len() != 4 || !q.bytes().all(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    [CityKind::Matter, CityKind::Component]
        .map(|kind| {
            let list = t.s(&format!("cases-classes-{}", kind.as_str())).into_owned();
            let (key, to) = match rules.city().successor(kind, q) {
                Successor::Code(code, Basis::Source) => ("cases-classes-became", format!("{} {}", code.code, code.name)),
                Successor::Code(code, Basis::Pattern) => ("cases-classes-became-pattern", format!("{} {}", code.code, code.name)),
                Successor::NoneKnown(name) => ("cases-classes-became-nothing", name.unwrap_or_default().to_owned()),
            };
            t.with(key, &[("list", list.into()), ("old", q.into()), ("to", to.into())])
        })
        .into()
}
