//! What hangs on the boards in words: the notice, its change, its cancellation, the minutes and the public result. Always in Chinese: what is official is said in
//! one language, whichever the screen of the secretary has.

use linli_board::rules::{BODY_CHARS, TITLE_CHARS};
use linli_webkit::{Locale, T};

use super::{hours, said};
use crate::commands::Words;
use crate::model::{Item, Outcome, Party, Presence, Stance};
use crate::queries::File;

/// The texts of the official language.
pub(crate) fn official(t: &T) -> T {
    if t.locale() == Locale::ZhCn { t.clone() } else { t.other() }
}

/// A title that fits on a notice.
fn title(t: &T, key: &str, file: &File) -> String {
    let kind = said(t, "council-kind", file.meeting.kind);
    let whole = t.with(key, &[("kind", kind.into()), ("title", file.meeting.title.as_str().into())]);
    if whole.chars().count() <= TITLE_CHARS {
        return whole;
    }
    whole.chars().take(TITLE_CHARS - 1).chain(['…']).collect()
}

fn head(t: &T, file: &File) -> Vec<String> {
    let meeting = &file.meeting;
    vec![
        t.v("council-say-when", "when", hours(t, meeting.starts_at, meeting.ends_at)),
        t.v("council-say-where", "venue", &meeting.venue),
        t.v("council-say-convener", "convener", &meeting.convener),
    ]
}

fn sides(t: &T, file: &File) -> String {
    let mut parties: Vec<Party> = file.seats.iter().map(|seat| seat.party).collect();
    parties.dedup();
    let names: Vec<String> = parties.into_iter().map(|party| said(t, "council-party", party)).collect();
    names.join(&t.s("council-say-and"))
}

fn agenda_line(t: &T, position: usize, item: &Item) -> String {
    let key = if item.carried > 0 { "council-say-item-carried" } else { "council-say-item" };
    t.with(key, &[("no", (position + 1).into()), ("title", item.title.as_str().into()), ("carried", item.carried.into())])
}

/// The notice of a meeting (会议通知).
pub(crate) fn notice(t: &T, file: &File) -> Words {
    let t = &official(t);
    let mut lines = head(t, file);
    let sides = sides(t, file);
    if !sides.is_empty() {
        lines.push(t.v("council-say-sides", "sides", sides));
    }
    lines.push(t.s("council-say-agenda").into_owned());
    lines.extend(file.items.iter().enumerate().map(|(position, item)| agenda_line(t, position, item)));
    if !file.promises.is_empty() {
        lines.push(t.n("council-say-promises", file.promises.len()));
    }
    lines.push(t.s("council-say-propose").into_owned());
    Words { title: title(t, "council-say-notice", file), body: cut(lines.join("\n")) }
}

/// The notice that a meeting is put off or brought forward; made of what it has become.
pub(crate) fn changed(t: &T, file: &File) -> Words {
    let zh = &official(t);
    Words { title: title(zh, "council-say-changed", file), body: notice(t, file).body }
}

/// The notice that a meeting is not held.
pub(crate) fn cancelled(t: &T, file: &File, because: &str) -> Words {
    let t = &official(t);
    let when = hours(t, file.meeting.starts_at, file.meeting.ends_at);
    let body = t.with("council-say-cancelled-body", &[("when", when.into()), ("because", because.into())]);
    Words { title: title(t, "council-say-cancelled", file), body }
}

fn cut(body: String) -> String {
    if body.chars().count() <= BODY_CHARS { body } else { body.chars().take(BODY_CHARS - 1).chain(['…']).collect() }
}

/// Who came, side by side with how many.
pub(crate) fn attendance(t: &T, file: &File) -> String {
    let mut parties: Vec<Party> = Party::ALL.to_vec();
    parties.retain(|party| file.seats.iter().any(|seat| seat.party == *party && seat.presence == Presence::Present));
    let line = |party: Party| {
        let came = file.seats.iter().filter(|seat| seat.party == party && seat.presence == Presence::Present);
        let heads: i64 = came.map(|seat| seat.heads).sum();
        t.with("council-say-came", &[("party", said(t, "council-party", party).into()), ("heads", heads.into())])
    };
    parties.into_iter().map(line).collect::<Vec<_>>().join(&t.s("council-say-and"))
}

/// A residents' vote in words: every number, how it ended.
pub(crate) fn tally(t: &T, file: &File, item: &Item) -> Option<String> {
    let (_, tally, ruling) = file.tallies.iter().find(|(id, ..)| *id == item.id)?;
    Some(t.with(
        "council-say-tally",
        &[
            ("represented", said(t, "council-represented", tally.represented).into()),
            ("eligible", tally.eligible.into()),
            ("present", tally.present.into()),
            ("yes", tally.yes.into()),
            ("no", tally.no.into()),
            ("abstained", tally.abstained.into()),
            ("ruling", said(t, "council-ruling", ruling).into()),
        ],
    ))
}

fn matter(t: &T, file: &File, (position, item): (usize, &Item), with_opinions: bool) -> Vec<String> {
    let mut lines = vec![agenda_line(t, position, item)];
    if !item.matter.is_empty() && with_opinions {
        lines.push(item.matter.clone());
    }
    for opinion in file.opinions.iter().filter(|opinion| opinion.item == item.id && with_opinions) {
        let party = said(t, "council-party", opinion.party);
        let stance = said(t, "council-stance", opinion.stance);
        lines.push(t.with(
            "council-say-opinion",
            &[("party", party.into()), ("stance", stance.into()), ("reason", opinion.reason.as_str().into())],
        ));
        if let Some(answered) = opinion.answered {
            let how = said(t, "council-answered", answered);
            lines.push(t.with("council-say-answer", &[("how", how.into()), ("answer", opinion.answer.as_str().into())]));
        }
    }
    if !with_opinions {
        let against = file.opinions.iter().filter(|one| one.item == item.id && one.stance == Stance::Against).count();
        if against > 0 {
            lines.push(t.n("council-say-against", against));
        }
    }
    lines.extend(tally(t, file, item));
    let outcome = said(t, "council-outcome", item.outcome);
    lines.push(t.with("council-say-decision", &[("outcome", outcome.into()), ("decision", item.decision.as_str().into())]));
    for done in file.undertaken.iter().filter(|done| done.promised.item == item.id) {
        let number = done.stands.as_ref().map(|case| case.number.clone()).unwrap_or_default();
        lines.push(t.with(
            "council-say-action",
            &[
                ("what", done.promised.what.as_str().into()),
                ("who", done.promised.who.as_str().into()),
                ("by", t.date(linli_kernel::Ts(done.promised.due_at.0 - 1)).into()),
                ("number", number.into()),
            ],
        ));
    }
    if item.outcome.goes_on() || item.outcome == Outcome::Open {
        lines.push(t.s("council-say-carried").into_owned());
    }
    lines
}

fn told(t: &T, file: &File, with_opinions: bool) -> String {
    let mut lines = head(t, file);
    lines.push(t.v("council-say-attended", "who", attendance(t, file)));
    let absent: Vec<String> = file.absent().into_iter().map(|party| said(t, "council-party", party)).collect();
    if !absent.is_empty() {
        lines.push(t.v("council-say-absent", "who", absent.join(&t.s("council-say-and"))));
    }
    if !file.meeting.short_because.is_empty() {
        lines.push(t.v("council-say-short", "because", &file.meeting.short_because));
    }
    let mut parts = vec![lines.join("\n")];
    for one in file.items.iter().enumerate() {
        parts.push(matter(t, file, one, with_opinions).join("\n"));
    }
    parts.join("\n\n")
}

/// The public result (议事结果公示): date, convener, matters, opinions, conflicts and how each was answered, decisions, who does what by when. Where that is more
/// than a notice takes, the opinions stay on the public page alone, and it says so.
pub(crate) fn result(t: &T, file: &File) -> Words {
    let t = &official(t);
    let title = title(t, "council-say-result", file);
    let whole = told(t, file, true);
    if whole.chars().count() <= BODY_CHARS {
        return Words { title, body: whole };
    }
    let more = t.s("council-say-more").into_owned();
    Words { title, body: cut(format!("{more}\n\n{}", told(t, file, false))) }
}

/// The minutes as the record has it (会议记录), for whoever writes them to go on from.
pub(crate) fn minutes(t: &T, file: &File) -> String {
    let t = &official(t);
    format!("{}\n\n{}", title(t, "council-say-minutes", file), told(t, file, true))
}
