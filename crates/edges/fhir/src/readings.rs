//! Observations become readings: the commands of the room of care, and their refusals in the words of FHIR.

use http::StatusCode;
use linli_care::CarePersonId;
use linli_care::consent::{self, ReadingsConsent};
use linli_care::follow::commands::{self, Correction, NewReading, SourceKey};
use linli_care::follow::model::{Part, Reading, Via};
use linli_care::follow::rules::Rules;
use linli_care::follow::{Desk, FollowError, queries};
use linli_db::{Conn, Tx};
use linli_kernel::Ts;
use linli_webkit::{AppError, T};

use crate::answer::of_house;
use crate::observation::ObservationId;
use crate::observation::read::{Sent, Status, Values};
use crate::outcome::{Issue, Kind, Refusal};
use crate::program::Program;

/// The word under which it is counted that a subject was not taken. It does not say why, as the answer does not.
pub(crate) const NO_SUBJECT: &str = "subject_not_followed_or_no_consent";

/// What became of an observation that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) id: ObservationId,
    pub(crate) reading: Reading,
    /// Whether it is new here.
    pub(crate) created: bool,
}

/// Why nothing became of it.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The person is not followed by this institution, has not agreed, or does not exist: which of them is not said, only counted.
    NoSubject,
    /// The room of care refused.
    Follow(FollowError),
    /// A rule of this door.
    Refused(Refusal),
}

impl From<FollowError> for Failed {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::NotFound | FollowError::NoConsent => Self::NoSubject,
            other => Self::Follow(other),
        }
    }
}

impl Failed {
    fn rule(status: StatusCode, issue: Issue) -> Self {
        Self::Refused(Refusal::of(status, issue))
    }

    /// The refusal. Fields of the room of care are named as elements.
    pub(crate) fn refusal(self, t: &T) -> Refusal {
        match self {
            Self::NoSubject => Refusal::of(
                StatusCode::UNPROCESSABLE_ENTITY,
                Issue::new(Kind::BusinessRule, "fhir-error-subject").at("Observation.subject"),
            ),
            Self::Refused(refusal) => refusal,
            Self::Follow(FollowError::Changed) => {
                Refusal::of(StatusCode::CONFLICT, Issue::new(Kind::Conflict, "fhir-error-changed").at("Observation"))
            }
            Self::Follow(FollowError::Denied(_)) => {
                Refusal::of(StatusCode::FORBIDDEN, Issue::new(Kind::Forbidden, "fhir-error-not-yours").at("Observation"))
            }
            Self::Follow(error) => of_care(AppError::from(error), t),
        }
    }
}

fn of_care(error: AppError, t: &T) -> Refusal {
    if error.fields().is_empty() {
        return of_house(&error, t);
    }
    let issue = |problem: &linli_webkit::FieldProblem| Issue::in_words(Kind::Value, problem.text(t)).at(element(&problem.field));
    Refusal { status: StatusCode::UNPROCESSABLE_ENTITY, issues: error.fields().iter().map(issue).collect(), retry_after: None }
}

/// The element that a field of the room of care is told in.
fn element(field: &str) -> &'static str {
    match field {
        "taken_at" => "Observation.effectiveDateTime",
        "systolic" | "diastolic" => "Observation.component",
        "source_key" => "Observation.identifier",
        _ => "Observation.valueQuantity.value",
    }
}

/// The proof that readings of the subject may be kept. Whether it is a person of this institution the command says.
pub(crate) async fn proof(c: &mut Conn<'_>, program: &Program, sent: &Sent) -> Result<ReadingsConsent, Failed> {
    let person = sent.person.ok_or(Failed::NoSubject)?;
    let given = consent::in_force(c, program.district, person, program.ctx.now()).await.map_err(FollowError::from)?;
    given.readings.ok_or(Failed::NoSubject)
}

/// Takes an observation: a new one, one that came before, a correction of it, or that it was an error.
pub(crate) async fn take(program: &Program, tx: &mut Tx, desk: &Desk, sent: &Sent) -> Result<Kept, Failed> {
    let consent = proof(&mut tx.conn()?, program, sent).await?;
    if let Some(kept) = known(program, tx, desk, &consent, sent).await? {
        return Ok(kept);
    }
    let kept = take_new(program, tx, desk, &consent, &[sent]).await?;
    kept.into_iter().next().ok_or(Failed::NoSubject)
}

impl From<linli_db::DbError> for Failed {
    fn from(error: linli_db::DbError) -> Self {
        Self::Follow(error.into())
    }
}

/// What became of an observation whose identifier is known here; `None` for one that is new.
pub(crate) async fn known(
    program: &Program,
    tx: &mut Tx,
    desk: &Desk,
    consent: &ReadingsConsent,
    sent: &Sent,
) -> Result<Option<Kept>, Failed> {
    let Some(key) = &sent.key else { return Ok(None) };
    let Some((reading, part)) = commands::told_as(&program.ctx, tx, consent, key).await? else { return Ok(None) };
    if part != Some(sent.part) {
        let issue = Issue::new(Kind::BusinessRule, "fhir-error-other-part").at("Observation.identifier");
        return Err(Failed::rule(StatusCode::CONFLICT, issue));
    }
    let id = ObservationId { reading: reading.id, part: sent.part };
    let rules = desk.rules(&linli_kernel::PlacePath::root(), reading.received_at).map_err(FollowError::from)?;
    match sent.status {
        Status::Final if says_the_same(&rules, &reading, sent) => Ok(Some(Kept { id, reading, created: false })),
        // A final one that says something else under the same identifier is either a correction, or a mistake of the sender.
        Status::Final => {
            let issue = Issue::new(Kind::Conflict, "fhir-error-final-differs").at("Observation.status");
            Err(Failed::rule(StatusCode::CONFLICT, issue))
        }
        Status::Corrected | Status::EnteredInError => Ok(Some(change(program, tx, desk, consent, (id, None), sent).await?)),
    }
}

fn says_the_same(rules: &Rules, reading: &Reading, sent: &Sent) -> bool {
    let Ok(vitals) = rules.readings().read(&sent.values.told()) else { return false };
    // A clock that was a little ahead was set back when the reading came.
    let same_time = sent.at.is_some_and(|at| at.min(reading.received_at) == reading.taken_at);
    same_time && reading.vitals == reading.vitals.with_part(sent.part, &vitals)
}

/// Corrects an observation that is here, or takes it back.
pub(crate) async fn change(
    program: &Program,
    tx: &mut Tx,
    desk: &Desk,
    consent: &ReadingsConsent,
    (id, version): (ObservationId, Option<i64>),
    sent: &Sent,
) -> Result<Kept, Failed> {
    let told = match (sent.status, sent.at) {
        (Status::EnteredInError, _) => None,
        (_, Some(at)) => Some((sent.values.told(), at)),
        (_, None) => return Err(Failed::NoSubject),
    };
    let correction = Correction { reading: id.reading, part: id.part, told, version };
    commands::correct(&program.ctx, tx, desk, consent, correction).await?;
    let (reading, _) = queries::reading(&program.ctx, &mut tx.conn()?, program.district, id.reading).await?;
    Ok(Kept { id, reading, created: false })
}

/// Takes observations of one person and one instant as one reading.
pub(crate) async fn take_new(
    program: &Program,
    tx: &mut Tx,
    desk: &Desk,
    consent: &ReadingsConsent,
    together: &[&Sent],
) -> Result<Vec<Kept>, Failed> {
    if together.iter().any(|sent| sent.status == Status::EnteredInError) {
        let issue = Issue::new(Kind::NotFound, "fhir-error-nothing-to-take-back").at("Observation.identifier");
        return Err(Failed::rule(StatusCode::UNPROCESSABLE_ENTITY, issue));
    }
    let Some(taken_at) = together.first().and_then(|sent| sent.at) else { return Err(Failed::NoSubject) };
    let values = together.iter().fold(Values::default(), |all, sent| all.and(sent.values.clone()));
    let keys: Vec<SourceKey<'_>> =
        together.iter().filter_map(|sent| Some(SourceKey { key: sent.key.as_deref()?, part: Some(sent.part) })).collect();
    let input = NewReading { told: values.told(), taken_at, via: Via::System, source_keys: &keys };
    let taken = commands::tell(&program.ctx, tx, desk, consent, input).await?;
    let (reading, _) = queries::reading(&program.ctx, &mut tx.conn()?, program.district, taken.reading).await?;
    let kept = |part: Part| Kept { id: ObservationId { reading: taken.reading, part }, reading: reading.clone(), created: true };
    Ok(together.iter().map(|sent| kept(sent.part)).collect())
}

/// What can be one reading.
struct Group {
    person: Option<CarePersonId>,
    at: Option<Ts>,
    parts: Vec<Part>,
    members: Vec<usize>,
}

/// Groups what can be one reading: the same person and instant, each part once.
pub(crate) fn together(sent: &[(usize, Sent)]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Group> = Vec::new();
    for (i, (_, one)) in sent.iter().enumerate() {
        let fits = groups.iter_mut().find(|group| {
            one.at.is_some() && group.person == one.person && group.at == one.at && !group.parts.contains(&one.part)
        });
        match fits {
            Some(group) => {
                group.parts.push(one.part);
                group.members.push(i);
            }
            None => groups.push(Group { person: one.person, at: one.at, parts: vec![one.part], members: vec![i] }),
        }
    }
    groups.into_iter().map(|group| group.members).collect()
}
