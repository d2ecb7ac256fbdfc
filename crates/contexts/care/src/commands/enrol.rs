//! Registering somebody, and beginning the watch: which takes the proof of the consent.

use linli_access::{Action, Ctx, Resource};
use linli_cases::LinkToken;
use linli_db::Tx;
use linli_kernel::{PlaceLevel, PlacePath, Ts};
use serde_json::json;

use super::consents::{HowAgreed, agree};
use super::ears::hold_to_the_rule;
use super::{NAME_MAX, NOTE_MAX, Which, at_entrance, errand, line, open, phone, recall, remember, ruled, text};
use crate::consent::WatchConsent;
use crate::error::{CareError, FieldProblem};
use crate::model::{CarePerson, CarePersonId, Contact, ErrandKind, Purpose, Watched};
use crate::office::CareOffice;
use crate::rules::Rules;
use crate::store;

/// Who is told when nobody opens.
#[derive(Debug, Clone)]
pub struct NewContact {
    /// The name.
    pub name: String,
    /// The number.
    pub phone: String,
    /// Who it is to the person.
    pub relation: String,
}

/// Somebody to be registered. The home was looked up by the caller and is a place of the transaction's district.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// The home (户).
    pub home: PlacePath,
    /// The name.
    pub name: String,
    /// The number, when there is a telephone.
    pub phone: Option<String>,
    /// Who is told when nobody opens, if the person agreed to that.
    pub contact: Option<NewContact>,
    /// The code of the rule chosen with the family.
    pub profile: Option<String>,
    /// The code of the quiet hours chosen with the family; those of the rule without one.
    pub quiet: Option<String>,
    /// What was agreed to; nothing: the person decides later at the private link.
    pub purposes: Vec<Purpose>,
    /// When the person was last seen or heard well, where that is not now: silence is counted from it.
    pub seen_at: Option<Ts>,
    /// How.
    pub how: HowAgreed,
}

/// How the watch of somebody begins.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beginning<'a> {
    /// The code of the rule chosen with the family; the first that is offered without one.
    pub profile: Option<&'a str>,
    /// The code of the quiet hours chosen with the family; those of the rule without one.
    pub quiet: Option<&'a str>,
    /// When the person was last seen or heard well; now without it.
    pub seen_at: Option<Ts>,
}

/// The longest time since somebody was last seen that the watch may begin with, in days (平台默认值). What lies further back is no beginning of
/// a watch: somebody goes there first.
pub const SEEN_DAYS: i64 = 7;

/// When the watch begins to count, if not now.
fn counted_from(seen_at: Option<Ts>, now: Ts) -> Result<Option<Ts>, CareError> {
    match seen_at {
        Some(seen) if seen > now || seen < now.plus_secs(-SEEN_DAYS * 86_400) => {
            Err(CareError::Field { field: "seen_at", problem: FieldProblem::NotWithinAWeek })
        }
        seen => Ok(seen),
    }
}

/// What a registration gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The person.
    pub id: CarePersonId,
    /// The private link. Shown once; it is not stored.
    pub link: LinkToken,
}

/// Registers somebody with what was agreed to on paper or at the door (登记), and begins the watch when the watch is among it.
///
/// # Errors
/// `Field` names what is wrong, also a home where somebody is watched already; `TextChanged`; `Denied`; store errors.
pub async fn enrol(ctx: &Ctx, tx: &mut Tx, office: &CareOffice, input: &NewPerson) -> Result<Enrolled, CareError> {
    let (district, now) = (tx.district(), ctx.now());
    ctx.may(Action::Create, Resource::Care, district, &input.home)?;
    let told: Vec<&str> = input.purposes.iter().map(|purpose| purpose.as_str()).collect();
    if let Some(id) = recall::<CarePersonId>(ctx, tx, "care.enrol", &(&input.home, told)).await? {
        // The answer was lost, and the link with it.
        let link = new_link(ctx, tx, Which::Id(id)).await?;
        return Ok(Enrolled { id, link });
    }
    if input.home.level() != Some(PlaceLevel::Home) {
        return Err(CareError::Field { field: "home", problem: FieldProblem::NoSuchHome });
    }
    let name = text("name", &input.name, true, NAME_MAX)?;
    let number = phone("phone", input.phone.as_deref().unwrap_or_default())?;
    let link = LinkToken::new(now, ctx.rng.as_ref());
    let id = CarePersonId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let person = store::NewPerson {
        id,
        place: &input.home,
        name_sealed: office.seal(&name),
        phone_sealed: number.map(|number| office.seal(&number)),
        link_hash: link.hash(),
        at: now,
    };
    store::insert_person(&mut tx.conn()?, district, &person).await?;
    tx.journal(ctx.line("care.registered", &input.home, Some(id.0), json!({ "agreed": input.purposes })));
    // Also for who decides later at the private link: it goes into what is agreed to there.
    let note = text("assessment", &input.how.assessment, false, NOTE_MAX)?;
    if !note.is_empty() {
        store::keep_assessment(&mut tx.conn()?, district, id, &note).await?;
    }
    if let Some(contact) = input.contact.as_ref().filter(|_| input.purposes.contains(&Purpose::Watch)) {
        let number = phone("contact_phone", &contact.phone)?
            .ok_or(CareError::Field { field: "contact_phone", problem: FieldProblem::Required })?;
        let contact = Contact {
            name_sealed: office.seal(&text("contact_name", &contact.name, true, NAME_MAX)?),
            phone_sealed: office.seal(&number),
            relation: text("contact_relation", &contact.relation, true, NAME_MAX)?,
        };
        store::put_contact(&mut tx.conn()?, district, id, &contact).await?;
    }
    let beginning = Beginning { profile: input.profile.as_deref(), quiet: input.quiet.as_deref(), seen_at: input.seen_at };
    agree(ctx, tx, office, Which::Id(id), &input.purposes, &input.how, beginning).await?;
    remember(ctx, tx, &id).await?;
    Ok(Enrolled { id, link })
}

/// Gives a person another private link; the one before opens nothing any more.
///
/// # Errors
/// `Denied`, `NotFound`; store errors.
pub async fn new_link(ctx: &Ctx, tx: &mut Tx, which: Which<'_>) -> Result<LinkToken, CareError> {
    let person = open(ctx, tx, which, Action::Create).await?;
    let link = LinkToken::new(ctx.now(), ctx.rng.as_ref());
    let district = tx.district();
    store::set_link(&mut tx.conn()?, district, person.id, &link.hash()).await?;
    tx.journal(line(ctx, which, "care.link_made", &person, json!({})));
    Ok(link)
}

/// The quiet hours of a code; none for those of the rule.
pub(super) fn chosen_quiet(rules: &Rules, code: &str) -> Result<Option<String>, CareError> {
    if code.is_empty() {
        return Ok(None);
    }
    let found = rules.profiles().find_quiet(code).map(|choice| choice.code.clone());
    found.map(Some).ok_or(CareError::Field { field: "quiet", problem: FieldProblem::NotAChoice })
}

/// Begins the watch of somebody: there is no way to it without the consent in hand.
///
/// # Errors
/// `Field` when the rule is none of those offered, the person was last seen more than [`SEEN_DAYS`] ago or is yet to be seen, or somebody is
/// watched at the home already; store errors.
pub(super) async fn begin_watch(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    proof: &WatchConsent,
    person: &CarePerson,
    Beginning { profile, quiet, seen_at }: Beginning<'_>,
) -> Result<Watched, CareError> {
    let (district, now) = (tx.district(), ctx.now());
    if proof.person() != person.id {
        return Err(CareError::NoConsent);
    }
    let since = counted_from(seen_at, now)?;
    let rules = office.watch_rules(now)?;
    let profile = match profile.filter(|code| !code.is_empty()) {
        Some(code) => rules.profiles().find(code),
        None => rules.profiles().all().next(),
    };
    let profile = profile.ok_or(CareError::Field { field: "profile", problem: FieldProblem::NotAChoice })?;
    let quiet = chosen_quiet(&rules, quiet.unwrap_or_default())?;
    if store::watch::at_home(&mut tx.conn()?, district, &person.place).await? {
        return Err(CareError::Field { field: "home", problem: FieldProblem::WatchedAlready });
    }
    let watched = Watched {
        person: person.id,
        place: person.place.clone(),
        slot: store::watch::take_slot(&mut tx.conn()?, district, person.id).await?,
        profile: profile.code.clone(),
        quiet,
        enrolled_at: now,
        away_until: None,
        in_hospital: false,
        unheard: None,
    };
    store::watch::insert(&mut tx.conn()?, district, &watched).await?;
    errand(ctx, tx, (person.id, watched.slot), ErrandKind::Enrol, since).await?;
    let mut facts = ruled(&rules.profiles_mark());
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("profile".to_owned(), json!(watched.profile));
        facts.insert("consent".to_owned(), json!(proof.consent()));
        facts.insert("quiet".to_owned(), json!(watched.quiet));
    }
    tx.journal(ctx.line("care.watch_begun", &at_entrance(&person.place), Some(person.id.0), facts));
    // That she agreed does not make anything hear her.
    hold_to_the_rule(ctx, tx, office, person, watched.clone()).await?;
    Ok(watched)
}
