//! `POST requests`: a report as anybody makes it on a page, sent by a program that has a key.

use axum::extract::{FromRequest, Request, State};
use axum::response::Response;
use linli_access::{Actor, Channel, Ctx};
use linli_cases::commands::{self, Classed, NewReport, PHOTOS_MAX, Reported};
use linli_cases::queries;
use linli_cases::rules::{Attribute, Class, Datatype};
use linli_cases::{MessageClass, ReportWindow, keep_photos, say_where};
use linli_db::Conn;
use linli_hall::Hall;
use linli_identity::keys::{self, KeyId, Opens};
use linli_kernel::{DistrictId, PlacePath};
use linli_territory::model::District;
use linli_webkit::form::Upload;
use linli_webkit::{FormMap, RequestInfo, T};

use super::{Document, answer, english, neighbours, office, read, rules};
use crate::answer::{Format, Refusal, store};
use crate::asked::Args;
use crate::jurisdiction;
use crate::location::{Spot, spot};
use crate::node::Node;

/// What a report says once; its attributes and photos may be several.
const ONCE: [&str; 17] = [
    "api_key",
    "jurisdiction_id",
    "service_code",
    "lat",
    "long",
    "address_string",
    "address_id",
    "email",
    "device_id",
    "account_id",
    "first_name",
    "last_name",
    "phone",
    "description",
    "media_url",
    "insist",
    "extensions",
];

/// `POST requests.{format}`. The body is read here, so that even one that cannot be read is answered in the format of the endpoint.
pub(crate) async fn send(info: RequestInfo, State(hall): State<Hall>, request: Request) -> Response {
    let outcome = match FormMap::from_request(request, &hall).await {
        Ok(form) => accept(&info, &hall, &form).await,
        Err(error) => Err(Refusal::of_house(&error, info.t())),
    };
    answer(&info, Format::of(info.path()), outcome)
}

async fn accept(info: &RequestInfo, hall: &Hall, form: &FormMap) -> Result<Document, Refusal> {
    let t = info.t();
    // Some programs send the key and the jurisdiction in the address.
    let args = Args::of_pairs(form.pairs().iter().cloned()).or(Args::of_query(info.query()));
    args.once(&ONCE)?;
    let (district, key, spot, service) = {
        let mut read = read(hall, t).await?;
        let c = &mut read.conn();
        let (opened, key) = opened(c, &args).await?;
        let district = jurisdiction::meant(c, &args).await?;
        if opened != district.id {
            return Err(Refusal::key("open311-error-key-elsewhere"));
        }
        // What is reported is judged before where: by the lists of the district, then by those of the spot, which may have its own.
        let known = service(hall, t, c, (&district, &district.path), &args).await?;
        let spot = spot(c, &neighbours(hall, t)?, &district, &args).await?;
        let here = service(hall, t, c, (&district, &spot.place), &args).await?;
        let service = here.or(known).ok_or_else(|| {
            Refusal::not_found("open311-error-service").arg("code", args.get("service_code").unwrap_or_default())
        })?;
        (district, key, spot, service)
    };
    let ctx = context(info, hall, key);
    turn_away(info, hall, &ctx, (district.id, &spot), &args).await?;
    let input = report(hall, t, (&args, &service.class), spot)?;
    let classed = Classed { message: service.message, matter: None };
    let prepared = commands::prepare_as(&ctx, office(hall, t)?.as_ref(), input, classed).map_err(|e| Refusal::of_cases(e, t))?;
    let prepared = say_where(hall, district.id, prepared).await.map_err(|error| Refusal::of_house(&error, t))?;
    let uploads = photos(form)?;
    for _ in &uploads {
        let limit = hall.limits().check("photo", linli_webkit::rate::address(info.client_ip()));
        limit.map_err(|error| Refusal::of_house(&error, t))?;
    }
    let kept = keep_photos(hall, &ctx, uploads).await.map_err(|error| Refusal::of_house(&error, t))?;
    let window = hall.service::<ReportWindow>().map_err(|error| Refusal::of_house(&error, t))?;
    let filed = window.report(district.id, ctx, prepared.with_photos(kept).sent_with(key.0)).await;
    let reported = filed.map_err(|error| Refusal::of_cases(error, t))?;
    tracing::info!(number = reported.number, key = %key, "reported over Open311");
    Ok(("service_requests", Node::List("request", vec![told(info, &reported)])))
}

/// Says where something belongs that is taken up elsewhere, as the page does, and counts that it was said; `insist=1` is for something
/// else. Nothing of what was written is kept.
async fn turn_away(
    info: &RequestInfo,
    hall: &Hall,
    ctx: &Ctx,
    (district, spot): (DistrictId, &Spot),
    args: &Args,
) -> Result<(), Refusal> {
    let (t, words) = (info.t(), args.get("description").unwrap_or_default());
    let rules = rules(hall, t, &spot.place)?;
    let elsewhere = commands::belongs_elsewhere(&rules, args.get("service_code"), words);
    let Some(elsewhere) = elsewhere.filter(|_| args.get("insist") != Some("1")) else { return Ok(()) };
    let house = |error: linli_webkit::AppError| Refusal::of_house(&error, t);
    let mut tx = hall.begin(district).await.map_err(house)?;
    commands::told_elsewhere(ctx, &mut tx, &spot.place, elsewhere);
    hall.commit(tx).await.map_err(house)?;
    let (name, to) = (elsewhere.name(english(t)), elsewhere.to(english(t)));
    Err(Refusal::wrong("open311-error-elsewhere").arg("name", name).arg("to", to))
}

/// The district and the id of the key that was sent.
async fn opened(c: &mut Conn<'_>, args: &Args) -> Result<(DistrictId, KeyId), Refusal> {
    let sent = args.get("api_key").ok_or_else(|| Refusal::key("open311-error-key-missing"))?;
    let opened = keys::opened_by(c, Opens::Open311, sent).await.map_err(store)?;
    opened.map(|opened| (opened.district, opened.key)).ok_or_else(|| Refusal::key("open311-error-key"))
}

/// What is reported.
struct Service {
    /// Code of the class of reports.
    class: String,
    /// The class of the 12345 list that was named, which is mapped to it.
    message: Option<MessageClass>,
}

/// The service that a code means at a place: a class of reports, or a class of the 12345 list that counts there (its path, or its lowest
/// level where only one has it) if that is mapped to one.
async fn service(
    hall: &Hall,
    t: &T,
    c: &mut Conn<'_>,
    (district, place): (&District, &PlacePath),
    args: &Args,
) -> Result<Option<Service>, Refusal> {
    let code = args.get("service_code").ok_or_else(|| Refusal::wrong("open311-error-service-missing"))?;
    let rules = rules(hall, t, place)?;
    if rules.classes().find(code).is_some() {
        return Ok(Some(Service { class: code.to_owned(), message: None }));
    }
    let named = queries::message_named(c, (district.id, place), code).await.map_err(|e| Refusal::of_cases(e, t))?;
    let mapped = |message: MessageClass| {
        let class = message.class.clone().filter(|class| rules.classes().find(class).is_some())?;
        Some(Service { class, message: Some(message) })
    };
    Ok(named.and_then(mapped))
}

/// Whoever holds the key of a program reports as anybody does: an account that happens to be signed in counts for nothing. What a program
/// numbers its requests with is its own, with a colon that no number sent by anybody has: nobody else uses it up or is told its answer.
fn context(info: &RequestInfo, hall: &Hall, key: KeyId) -> Ctx {
    Ctx {
        actor: Actor::Visitor,
        channel: Channel::Api,
        clock: hall.clock(),
        rng: hall.rng(),
        request_id: info.request_id().to_owned(),
        idempotency_key: info.idempotency_key().map(|sent| format!("{key}:{sent}")),
    }
}

fn report(hall: &Hall, t: &T, (args, code): (&Args, &str), spot: Spot) -> Result<NewReport, Refusal> {
    let rules = rules(hall, t, &spot.place)?;
    let class = rules.classes().find(code).ok_or_else(|| Refusal::not_found("open311-error-service").arg("code", code))?;
    // Words are optional here; a case without any is one of its class.
    let mut lines = vec![args.get("description").unwrap_or_else(|| class.name(english(t))).to_owned()];
    lines.extend(answers(t, class, args)?);
    lines.extend(spot.address.map(|words| t.v("open311-line-address", "words", words)));
    Ok(NewReport {
        place: spot.place,
        class: Some(code.to_owned()),
        description: lines.join("\n"),
        photos: Vec::new(),
        phone: args.get("phone").map(dialled),
        point_e7: spot.point_e7,
    })
}

/// A number without the brackets and dots that some write in it.
fn dialled(phone: &str) -> String {
    phone.chars().filter(|c| !matches!(c, '(' | ')' | '（' | '）' | '.')).collect()
}

/// The answers to what the class asks for, a line each. An answer to what it does not ask is refused: it would be lost in silence.
fn answers(t: &T, class: &Class, args: &Args) -> Result<Vec<String>, Refusal> {
    let asks = |code: &str| class.attributes.iter().any(|asked| asked.variable && asked.code == code);
    if let Some((code, _)) = args.attributes().find(|(code, _)| !asks(code)) {
        return Err(Refusal::wrong("open311-error-attribute-unknown").arg("code", code));
    }
    let mut lines = Vec::new();
    for asked in class.attributes.iter().filter(|asked| asked.variable) {
        let given: Vec<&str> = args.attributes().filter(|(code, _)| *code == asked.code).map(|(_, value)| value).collect();
        if given.is_empty() && asked.required {
            return Err(Refusal::wrong("open311-error-attribute-missing").arg("code", asked.code.as_str()));
        }
        if !given.is_empty() {
            let words = in_words(t, asked, &given)?;
            lines.push(
                t.with("open311-line-attribute", &[("name", asked.name(english(t)).into()), ("words", words.as_str().into())]),
            );
        }
    }
    Ok(lines)
}

fn in_words(t: &T, asked: &Attribute, given: &[&str]) -> Result<String, Refusal> {
    let wrong = || Refusal::wrong("open311-error-attribute").arg("code", asked.code.as_str());
    let several = asked.datatype == Datatype::MultiValueList;
    if given.len() > 1 && !several {
        return Err(wrong());
    }
    let words = given.iter().map(|value| match asked.datatype {
        Datatype::SingleValueList | Datatype::MultiValueList => asked
            .values
            .iter()
            .find(|known| known.key == *value)
            .map(|known| if english(t) { &known.en } else { &known.zh }.clone()),
        Datatype::Number => value.parse::<f64>().is_ok_and(f64::is_finite).then(|| (*value).to_owned()),
        Datatype::Datetime => value.parse::<jiff::Timestamp>().is_ok().then(|| (*value).to_owned()),
        Datatype::String => (!value.contains('\n')).then(|| (*value).to_owned()),
        Datatype::Text => Some((*value).to_owned()),
    });
    Ok(words.collect::<Option<Vec<String>>>().ok_or_else(wrong)?.join(", "))
}

/// The photos of `media`, which came with the form itself.
fn photos(form: &FormMap) -> Result<Vec<Upload>, Refusal> {
    let sent: Vec<Upload> = form.files("media").chain(form.files("media[]")).cloned().collect();
    if sent.len() > PHOTOS_MAX {
        return Err(Refusal::wrong("open311-error-photos").arg("most", PHOTOS_MAX.to_string()));
    }
    Ok(sent)
}

/// What the program is told: the number, and what to do or to expect now.
fn told(info: &RequestInfo, reported: &Reported) -> Node {
    let t = info.t();
    let notice = match reported.due_at {
        _ if reported.emergency() => t.v("open311-notice-call", "numbers", reported.call_first.join(", ")),
        Some(due) => t.v("open311-notice-due", "when", t.when(due, info.now())),
        None => String::new(),
    };
    Node::Fields(vec![
        ("service_request_id", Node::text(&reported.number)),
        ("service_notice", Node::text(notice)),
        ("account_id", Node::Nothing),
    ])
}
