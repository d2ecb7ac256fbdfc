//! Registering somebody on paper or at the door; and further consents of somebody who is registered.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use linli_access::{Action, Resource};
use linli_cases::keep_photos;
use linli_hall::{Caller, Hall};
use linli_kernel::{PlaceLevel, PlacePath, Ts};
use linli_territory::queries::home_meant;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T, Upload};

use super::words::{self, english};
use super::{care, district, ended, keyed, neighbours, private, store, tell_watch};
use crate::commands::{self, Beginning, HowAgreed, NewContact, NewPerson, Which};
use crate::error::CareError;
use crate::model::{CarePersonId, ConsentChannel, GivenBy, Purpose};
use crate::rules::Rules;

/// A purpose with its text, as somebody is asked.
pub(super) struct Asked {
    pub(super) code: &'static str,
    pub(super) name: String,
    pub(super) text: String,
    pub(super) keeps: String,
    pub(super) ticked: bool,
}

/// The purposes with the texts that count.
pub(super) fn asked(t: &T, rules: &Rules, ticked: impl Fn(Purpose) -> bool) -> Vec<Asked> {
    let of = |purpose: &Purpose| {
        let text = rules.texts().of(*purpose)?;
        Some(Asked {
            code: purpose.as_str(),
            name: words::purpose(t, *purpose),
            text: text.text(english(t)).to_owned(),
            keeps: text.keeps(english(t)).to_owned(),
            ticked: ticked(*purpose),
        })
    };
    Purpose::ALL.iter().filter_map(of).collect()
}

/// The rules that are offered.
pub(super) fn profiles(t: &T, rules: &Rules) -> Vec<Choice> {
    let choice =
        |profile: &crate::rules::Profile| Choice::new(&profile.code, profile.name(english(t))).hint(profile.source(english(t)));
    rules.profiles().all().map(choice).collect()
}

/// Quiet hours that may be chosen; the first is those of the rule.
pub(super) fn quiets(t: &T, rules: &Rules) -> Vec<Choice> {
    let of = |choice: &crate::rules::QuietChoice| Choice::new(&choice.code, words::quiet(t, choice.hours.as_ref()));
    let usual = Choice::new("", t.s("care-quiet-of-rule").into_owned());
    std::iter::once(usual).chain(rules.profiles().quiet().map(of)).collect()
}

#[derive(Template)]
#[template(path = "care-enrol.html")]
struct EnrolPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    asked: Vec<Asked>,
    profiles: Vec<Choice>,
    quiets: Vec<Choice>,
    channels: Vec<Choice>,
    speakers: Vec<Choice>,
    mark: String,
    /// The person's page, when this is about somebody who is registered.
    known: String,
}

impl EnrolPage {
    fn wrong(&self, field: &str) -> String {
        self.problems.text(&self.t, field)
    }

    fn chosen(&self, field: &str, usual: &str) -> String {
        self.form.get(field).unwrap_or(usual).to_owned()
    }
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    problems: Problems,
    form: FormMap,
    known: String,
) -> Result<Page<EnrolPage>, AppError> {
    let (care, t) = (care(hall)?, caller.info.t().clone());
    let scope = caller.ctx.scope(Action::Create, Resource::Care).map_err(CareError::from)?;
    let rules = care.office().rules(&scope.place, caller.ctx.now()).map_err(CareError::from)?;
    let watch = care.office().watch_rules(caller.ctx.now()).map_err(CareError::from)?;
    let ticked = |purpose: Purpose| form.all("purpose").any(|word| word == purpose.as_str());
    let channel = |channel: ConsentChannel| Choice::new(channel.as_str(), words::word(&t, "channel", channel.as_str()));
    Ok(Page(EnrolPage {
        shell: caller.shell(t.s(if known.is_empty() { "care-enrol-title" } else { "care-agree-title" })),
        asked: asked(&t, &rules, ticked),
        profiles: profiles(&t, &watch),
        quiets: quiets(&t, &watch),
        channels: vec![channel(ConsentChannel::Paper), channel(ConsentChannel::Doorstep)],
        speakers: GivenBy::ALL.iter().map(|by| Choice::new(by.as_str(), words::word(&t, "given-by", by.as_str()))).collect(),
        mark: rules.texts_mark(),
        problems,
        form,
        known,
        t,
    }))
}

/// `GET /care/enrol`.
pub(crate) async fn form(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    Ok(private(page(&caller, &hall, Problems::default(), FormMap::default(), String::new()).await?))
}

/// How somebody agreed, as the form says, with the picture of the paper as it came.
fn how_said(t: &T, form: &FormMap) -> Result<(Vec<Purpose>, HowAgreed, Vec<Upload>), AppError> {
    let mut read = form.reader();
    let purposes: Vec<Purpose> = form.all("purpose").filter_map(|word| word.parse().ok()).collect();
    let channel = read.choice("channel", &t.s("care-channel"));
    let given_by = read.choice("given_by", &t.s("care-given-by"));
    let uploads = read.files("scan", 1);
    if !purposes.is_empty() && channel == Some(ConsentChannel::Paper) && uploads.is_empty() {
        read.wrong(FieldProblem::new("scan", "care-field-scan"));
    }
    if !purposes.is_empty() && given_by.is_some() && given_by != Some(GivenBy::Own) {
        // Both at once, each by its name.
        for field in ["giver", "relation"] {
            if form.typed(field).trim().is_empty() {
                read.wrong(FieldProblem::new(field, "care-field-required"));
            }
        }
    }
    let how = HowAgreed {
        text_mark: form.typed("mark").to_owned(),
        language: t.locale().tag().to_owned(),
        channel: channel.unwrap_or(ConsentChannel::Paper),
        given_by: given_by.unwrap_or(GivenBy::Own),
        giver: read.optional("giver", commands::NAME_MAX),
        relation: read.optional("relation", commands::NAME_MAX),
        witness: read.optional("witness", commands::NAME_MAX),
        scan: None,
        assessment: read.text("assessment", &t.s("care-assessment"), 1..=commands::NOTE_MAX),
    };
    read.finish()?;
    Ok((purposes, how, uploads))
}

/// The picture of the paper, developed and stored: only when the rest of the form stands.
async fn with_scan(caller: &Caller, hall: &Hall, how: HowAgreed, uploads: Vec<Upload>) -> Result<HowAgreed, AppError> {
    let scan = keep_photos(hall, &caller.ctx, uploads).await.map_err(|error| match error.into_problems() {
        // What is wrong with the picture, at the field where it was chosen.
        Ok(problems) => {
            AppError::invalid(problems.0.into_iter().map(|one| FieldProblem { field: "scan".to_owned(), ..one }).collect())
        }
        Err(error) => error,
    })?;
    Ok(HowAgreed { scan: scan.into_iter().next(), ..how })
}

/// What stands, or nothing with its problems added to those of the other parts of the form: all of them are said at once.
fn gathered<V>(part: Result<V, AppError>, problems: &mut Vec<FieldProblem>) -> Result<Option<V>, AppError> {
    match part {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            problems.extend(error.into_problems()?.0);
            Ok(None)
        }
    }
}

/// `POST /care/enrol`, with the picture of the paper.
pub(crate) async fn send(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let care = care(&hall)?;
    let done = async {
        let (t, mut wrong) = (caller.info.t(), Vec::new());
        let home = gathered(home(&caller, &hall, form.typed("home")).await, &mut wrong)?;
        let mut read = form.reader();
        let name = read.text("name", &t.s("care-name"), 1..=commands::NAME_MAX);
        let phone = read.phone("phone");
        let contact_phone = read.phone("contact_phone");
        gathered(read.finish(), &mut wrong)?;
        let said = gathered(how_said(t, &form), &mut wrong)?;
        let seen_at = gathered(seen_at(&form), &mut wrong)?;
        let (Some(home), Some((purposes, how, uploads)), Some(seen_at), true) = (home, said, seen_at, wrong.is_empty()) else {
            return Err(AppError::invalid(wrong));
        };
        let how = with_scan(&caller, &hall, how, uploads).await?;
        let contact = contact_phone.map(|phone| NewContact {
            name: form.typed("contact_name").to_owned(),
            phone,
            relation: form.typed("contact_relation").to_owned(),
        });
        let profile = Some(form.typed("profile").to_owned());
        let quiet = Some(form.typed("quiet").to_owned());
        let input = NewPerson { home, name, phone, contact, profile, quiet, purposes, seen_at, how };
        let mut tx = hall.begin(district(&caller.ctx)?).await?;
        let enrolled = commands::enrol(&caller.ctx, &mut tx, care.office(), &input).await?;
        hall.commit(tx).await?;
        Ok::<_, AppError>(enrolled)
    };
    match done.await {
        Ok(enrolled) => {
            tell_watch(&care).await;
            let link = format!("{}/c/{}", hall.base_url(), enrolled.link.secret_text());
            super::person::page(&caller, &hall, enrolled.id, Problems::default(), link).await
        }
        Err(error) => {
            ended(&caller, Err(error), async |problems| page(&caller, &hall, problems, form, String::new()).await).await
        }
    }
}

/// When the person was last seen well, as a local date and time; nothing typed means now.
fn seen_at(form: &FormMap) -> Result<Option<Ts>, AppError> {
    match form.typed("seen_at").trim() {
        "" => Ok(None),
        typed => match typed.parse().ok().and_then(Ts::from_local) {
            Some(seen) => Ok(Some(seen)),
            None => Err(AppError::invalid(vec![FieldProblem::new("seen_at", "care-field-seen-at")])),
        },
    }
}

/// The home that was named, as people say it or by its key, within the reach of the actor.
async fn home(caller: &Caller, hall: &Hall, said: &str) -> Result<PlacePath, AppError> {
    let scope = caller.ctx.scope(Action::Create, Resource::Care).map_err(CareError::from)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    if let Some(home) = home_meant(c, scope.district, &scope.place, said).await.map_err(CareError::from)? {
        return Ok(home.path);
    }
    let found = neighbours(hall)?.place_of_key(c, scope.district, said.trim()).await.map_err(store)?;
    found
        .filter(|place| place.level() == Some(PlaceLevel::Home) && scope.place.contains(place))
        .ok_or_else(|| AppError::invalid(vec![FieldProblem::new("home", "care-field-no-such-home")]))
}

/// `GET /care/people/{id}/agree`.
pub(crate) async fn more(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id: CarePersonId = id.parse().map_err(|_| CareError::NotFound)?;
    let district = district(&caller.ctx)?;
    crate::queries::person(&caller.ctx, &mut hall.read().await?.conn(), district, id).await?;
    let known = format!("/care/people/{id}");
    Ok(private(page(&caller, &hall, Problems::default(), FormMap::default(), known).await?))
}

/// `POST /care/people/{id}/agree`, with the picture of the paper.
pub(crate) async fn agree(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: CarePersonId = id.parse().map_err(|_| CareError::NotFound)?;
    let (care, district) = (care(&hall)?, district(&caller.ctx)?);
    // Nobody's paper is developed and stored before it is clear that the sender may see the person.
    crate::queries::person(&caller.ctx, &mut hall.read().await?.conn(), district, id).await?;
    let done = async {
        let mut wrong = Vec::new();
        let said = gathered(how_said(caller.info.t(), &form), &mut wrong)?;
        let seen_at = gathered(seen_at(&form), &mut wrong)?;
        if !form.all("purpose").any(|word| word.parse::<Purpose>().is_ok()) {
            wrong.push(FieldProblem::new("purpose", "care-field-required"));
        }
        let (Some((purposes, how, uploads)), Some(seen_at), true) = (said, seen_at, wrong.is_empty()) else {
            return Err(AppError::invalid(wrong));
        };
        let how = with_scan(&caller, &hall, how, uploads).await?;
        let mut tx = hall.begin(district).await?;
        let beginning = Beginning { profile: Some(form.typed("profile")), quiet: Some(form.typed("quiet")), seen_at };
        commands::agree(&caller.ctx, &mut tx, care.office(), Which::Id(id), &purposes, &how, beginning).await?;
        hall.commit(tx).await?;
        tell_watch(&care).await;
        Ok(format!("/care/people/{id}"))
    };
    let (done, known) = (done.await, format!("/care/people/{id}"));
    ended(&caller, done, async |problems| page(&caller, &hall, problems, form, known).await).await
}
