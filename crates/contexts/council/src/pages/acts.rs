//! What is done on the page of a meeting: each form, one command.

use axum::extract::{Path, State};
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_kernel::PlacePath;
use linli_webkit::{AppError, FormMap};
use uuid::Uuid;

use super::desk::when_of;
use super::file::back;
use super::{number, office, run, take_key, word, wording};
use crate::commands::closing;
use crate::commands::holding::{self, Said, Undertaking};
use crate::commands::meetings::{self, NewItem, NewSeat};
use crate::commands::{LINE_MAX, Words};
use crate::error::{CouncilError, Wrong};
use crate::model::{Answered, Electorate, ItemId, MeetingId, OpinionId, Outcome, Paper, SeatId, Source, Tally};
use crate::queries;

type Answer = Result<Response, AppError>;

fn meeting(id: &str) -> Result<MeetingId, CouncilError> {
    id.parse().map_err(|_| CouncilError::NotFound)
}

/// A field that may be left out.
fn maybe<W: std::str::FromStr>(form: &FormMap, field: &'static str) -> Result<Option<W>, CouncilError> {
    if form.typed(field).is_empty() { Ok(None) } else { word(form, field).map(Some) }
}

/// The words that go on the boards: as they were typed, or as the record has them.
fn words(form: &FormMap, made: Words) -> Words {
    let or = |field, made: String| match form.typed(field) {
        "" => made,
        typed => typed.to_owned(),
    };
    Words { title: or("words_title", made.title), body: or("words", made.body) }
}

/// `POST /meetings/{id}/agenda`: what was ticked, what was typed, or one matter taken off.
pub(crate) async fn agenda(mut caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    take_key(&mut caller, &form);
    let done = async {
        let meeting = meeting(&id)?;
        if let Some(item) = maybe::<ItemId>(&form, "remove")? {
            return run!(caller, hall, tx => meetings::remove_item(&caller.ctx, tx, meeting, item));
        }
        let electorate = maybe::<Electorate>(&form, "electorate")?.unwrap_or(Electorate::Council);
        let ticked: Vec<(Source, Uuid, String)> = [(Source::Case, "case"), (Source::Proposal, "proposal")]
            .into_iter()
            .flat_map(|(source, field)| form.all(field).map(move |id| (source, id)))
            .filter_map(|(source, id)| Some((source, id.parse().ok()?, form.typed(&format!("title-{id}")).to_owned())))
            .collect();
        let own = form.typed("title").to_owned();
        if ticked.is_empty() && own.is_empty() {
            return Err(CouncilError::field("title", Wrong::Required).into());
        }
        let place = maybe::<PlacePath>(&form, "place")?;
        let mut tx = hall.begin(super::district(&caller.ctx)?).await?;
        for (source, id, title) in &ticked {
            let title: String = title.chars().take(LINE_MAX).collect();
            let source = Some((*source, *id));
            let new = NewItem { title: &title, matter: "", place: None, source, electorate: Electorate::Council };
            meetings::add_item(&caller.ctx, &mut tx, meeting, &new).await?;
        }
        if !own.is_empty() {
            let new = NewItem { title: &own, matter: form.typed("matter"), place, source: None, electorate };
            meetings::add_item(&caller.ctx, &mut tx, meeting, &new).await?;
        }
        hall.commit(tx).await
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, "#agenda")).await
}

/// `POST /meetings/{id}/seats`.
pub(crate) async fn seats(mut caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    take_key(&mut caller, &form);
    let done = async {
        let (meeting, office) = (meeting(&id)?, office(&hall)?);
        if let Some(seat) = maybe::<SeatId>(&form, "remove")? {
            return run!(caller, hall, tx => meetings::uninvite(&caller.ctx, tx, meeting, seat));
        }
        let heads = if form.typed("heads").is_empty() { 1 } else { number(&form, "heads")? };
        let new = NewSeat {
            party: word(&form, "party")?,
            person: maybe(&form, "person")?,
            title: form.typed("seat_title"),
            name: form.typed("name"),
            heads,
        };
        run!(caller, hall, tx => meetings::invite(&caller.ctx, tx, &office, meeting, &new))
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, "#seats")).await
}

/// `POST /meetings/{id}/call`: the notice goes out.
pub(crate) async fn call(mut caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    take_key(&mut caller, &form);
    let done = async {
        let (meeting, office) = (meeting(&id)?, office(&hall)?);
        let view = queries::file(&caller.ctx, &mut hall.read().await?.conn(), &office, meeting).await?;
        let words = words(&form, wording::notice(caller.info.t(), &view.file));
        let because = form.typed("because");
        run!(caller, hall, tx => meetings::call(&caller.ctx, tx, &office, meeting, (&words, because)))
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, "")).await
}

/// `POST /meetings/{id}/change`.
pub(crate) async fn change(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    let done = async {
        let (meeting, office) = (meeting(&id)?, office(&hall)?);
        let when = when_of(&form)?;
        let mut view = queries::file(&caller.ctx, &mut hall.read().await?.conn(), &office, meeting).await?;
        // The notice says what it will be.
        let to = &mut view.file.meeting;
        (to.starts_at, to.ends_at) = (when.starts_at, when.ends_at);
        (to.title, to.venue) = (when.title.trim().to_owned(), when.venue.trim().to_owned());
        let words = wording::changed(caller.info.t(), &view.file);
        let because = form.typed("because");
        run!(caller, hall, tx => meetings::change(&caller.ctx, tx, &office, meeting, (&when, &words, because)))
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, "")).await
}

/// `POST /meetings/{id}/cancel`.
pub(crate) async fn cancel(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    let done = async {
        let (meeting, office) = (meeting(&id)?, office(&hall)?);
        let because = form.typed("because");
        let view = queries::file(&caller.ctx, &mut hall.read().await?.conn(), &office, meeting).await?;
        let words = wording::cancelled(caller.info.t(), &view.file, because.trim());
        run!(caller, hall, tx => meetings::cancel(&caller.ctx, tx, &office, meeting, (because, &words)))
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, "")).await
}

/// `POST /meetings/{id}/hold`: who came, by seat.
pub(crate) async fn hold(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    let done = async {
        let (meeting, office) = (meeting(&id)?, office(&hall)?);
        let mut came = Vec::new();
        for (field, value) in form.pairs() {
            let Some(seat) = field.strip_prefix("came-") else { continue };
            let seat: SeatId = seat.parse().map_err(|_| CouncilError::NotFound)?;
            let presence = value.parse().map_err(|_| CouncilError::field("came", Wrong::NotAChoice))?;
            let heads = match form.typed(&format!("heads-{seat}")) {
                "" => 1,
                typed => typed.trim().parse().map_err(|_| CouncilError::field("came", Wrong::NotANumber))?,
            };
            came.push((seat, presence, heads));
        }
        run!(caller, hall, tx => holding::hold(&caller.ctx, tx, &office, meeting, &came))
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, "#agenda")).await
}

/// `POST /meetings/{id}/say`.
pub(crate) async fn say(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    let done = async {
        let new = Said {
            item: word(&form, "item")?,
            party: word(&form, "party")?,
            stance: word(&form, "stance")?,
            reason: form.typed("reason"),
        };
        let meeting = meeting(&id)?;
        run!(caller, hall, tx => holding::say(&caller.ctx, tx, meeting, &new)).map(|_| ())
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, &format!("#item-{}", form.typed("item")))).await
}

/// `POST /meetings/{id}/answer`.
pub(crate) async fn answer(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    let done = async {
        let (meeting, opinion) = (meeting(&id)?, word::<OpinionId>(&form, "opinion")?);
        let said = (word::<Answered>(&form, "answered")?, form.typed("answer"));
        run!(caller, hall, tx => holding::answer(&caller.ctx, tx, meeting, opinion, said))
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, &format!("#item-{}", form.typed("item")))).await
}

/// `POST /meetings/{id}/count`: a residents' vote.
pub(crate) async fn count(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    let done = async {
        let (meeting, office) = (meeting(&id)?, office(&hall)?);
        let item = word::<ItemId>(&form, "item")?;
        let tally = Tally {
            represented: word(&form, "represented")?,
            eligible: number(&form, "eligible")?,
            present: number(&form, "present")?,
            yes: number(&form, "yes")?,
            no: number(&form, "no")?,
            abstained: number(&form, "abstained")?,
        };
        run!(caller, hall, tx => holding::count(&caller.ctx, tx, &office, meeting, (item, &tally))).map(|_| ())
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, &format!("#item-{}", form.typed("item")))).await
}

/// `POST /meetings/{id}/decide`.
pub(crate) async fn decide(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    let done = async {
        let (meeting, item) = (meeting(&id)?, word::<ItemId>(&form, "item")?);
        let what = (item, word::<Outcome>(&form, "outcome")?, form.typed("decision"));
        run!(caller, hall, tx => holding::decide(&caller.ctx, tx, meeting, what))
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, &format!("#item-{}", form.typed("item")))).await
}

/// `POST /meetings/{id}/undertake`.
pub(crate) async fn undertake(mut caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    take_key(&mut caller, &form);
    let done = async {
        let (meeting, office) = (meeting(&id)?, office(&hall)?);
        let due = word(&form, "due").map_err(|_| CouncilError::field("due", Wrong::NotATime))?;
        let new = Undertaking { item: word(&form, "item")?, what: form.typed("what"), owner: word(&form, "owner")?, due };
        run!(caller, hall, tx => holding::undertake(&caller.ctx, tx, &office, meeting, &new)).map(|_| ())
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, &format!("#item-{}", form.typed("item")))).await
}

/// `POST /meetings/{id}/minutes`.
pub(crate) async fn minutes(mut caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    take_key(&mut caller, &form);
    let done = async {
        let meeting = meeting(&id)?;
        let what = (form.typed("body"), form.typed("reason"));
        run!(caller, hall, tx => closing::write(&caller.ctx, tx, meeting, what)).map(|_| ())
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, "#minutes")).await
}

/// `POST /meetings/{id}/confirm`.
pub(crate) async fn confirm(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Answer {
    let done = async {
        let meeting = meeting(&id)?;
        run!(caller, hall, tx => closing::confirm(&caller.ctx, tx, meeting))
    };
    let done = done.await;
    back(&caller, &hall, &id, (&FormMap::default(), done, "#minutes")).await
}

/// `POST /meetings/{id}/signed`: somebody signed on paper.
pub(crate) async fn signed(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    let done = async {
        let (meeting, seat) = (meeting(&id)?, word::<SeatId>(&form, "seat")?);
        run!(caller, hall, tx => closing::confirm_on_paper(&caller.ctx, tx, meeting, seat))
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, "#minutes")).await
}

/// `POST /meetings/{id}/approve`.
pub(crate) async fn approve(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Answer {
    let done = async {
        let (meeting, office) = (meeting(&id)?, office(&hall)?);
        run!(caller, hall, tx => closing::approve(&caller.ctx, tx, &office, meeting))
    };
    let done = done.await;
    back(&caller, &hall, &id, (&FormMap::default(), done, "#minutes")).await
}

/// `POST /meetings/{id}/publish`: the result as the record has it; nobody leaves a conflict out of it.
pub(crate) async fn publish(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Answer {
    let done = async {
        let (meeting, office) = (meeting(&id)?, office(&hall)?);
        let view = queries::file(&caller.ctx, &mut hall.read().await?.conn(), &office, meeting).await?;
        let words = wording::result(caller.info.t(), &view.file);
        run!(caller, hall, tx => closing::publish(&caller.ctx, tx, &office, meeting, &words))
    };
    let done = done.await;
    back(&caller, &hall, &id, (&FormMap::default(), done, "")).await
}

/// `POST /meetings/{id}/correct`.
pub(crate) async fn correct(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Answer {
    let done = async {
        let (meeting, office) = (meeting(&id)?, office(&hall)?);
        run!(caller, hall, tx => closing::correct(&caller.ctx, tx, &office, meeting))
    };
    let done = done.await;
    back(&caller, &hall, &id, (&FormMap::default(), done, "#minutes")).await
}

/// `POST /meetings/{id}/hang`: a photo of the paper where it hangs.
pub(crate) async fn hang(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>, form: FormMap) -> Answer {
    let done = async {
        let meeting = meeting(&id)?;
        let (paper, place) = (word::<Paper>(&form, "paper")?, word::<PlacePath>(&form, "place")?);
        let uploads: Vec<_> = form.files("photo").take(1).cloned().collect();
        let photo = linli_cases::keep_photos(&hall, &caller.ctx, uploads).await?.pop();
        run!(caller, hall, tx => closing::hang(&caller.ctx, tx, meeting, (paper, &place, photo))).map(|_| ())
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done, "#hung")).await
}
