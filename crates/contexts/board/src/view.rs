//! A board in words, for the page and for paper.

use linli_access::Role;
use linli_kernel::{PlaceLevel, Ts};
use linli_record::model::Standing;
use linli_record::view::proof_line;
use linli_webkit::i18n::Urgency;
use linli_webkit::{Locale, T};

use crate::BoardCase;
use crate::model::{Board, Notice};

/// A body longer than this many characters is folded away under its title.
const FOLD_CHARS: usize = 160;

/// A case in words.
pub(crate) struct CaseLine {
    pub(crate) title: String,
    pub(crate) when: String,
    pub(crate) number: String,
    pub(crate) state: &'static str,
    pub(crate) word: String,
}

/// A notice in words.
pub(crate) struct NoticeCard {
    pub(crate) kind: String,
    pub(crate) title: String,
    pub(crate) until: String,
    pub(crate) signed: String,
    pub(crate) paragraphs: Vec<String>,
    pub(crate) long: bool,
    /// The line that leads to its proof, ready HTML.
    pub(crate) proof: String,
}

/// A role as the board calls it.
pub(crate) fn role_word(t: &T, role: impl std::borrow::Borrow<Role>) -> String {
    t.s(&format!("role-{}", role.borrow())).into_owned()
}

/// The way to the place, from the district down: the city is known to who stands there.
pub(crate) fn within(board: &Board) -> String {
    let steps = board.within.iter().filter(|step| step.level > PlaceLevel::City);
    steps.map(|step| step.name.as_str()).collect::<Vec<_>>().join(" · ")
}

/// "红色管家、物业经理暂未安排", or nothing.
pub(crate) fn vacant(board: &Board, t: &T) -> String {
    if board.vacant.is_empty() {
        return String::new();
    }
    let names: Vec<String> = board.vacant.iter().map(|role| role_word(t, *role)).collect();
    t.v("board-vacant", "roles", names.join(&t.s("board-list-separator")))
}

pub(crate) fn case_line(case: &BoardCase, t: &T, now: Ts) -> CaseLine {
    let when = match (case.solved, case.promised) {
        (Some(solved), _) => t.v("board-solved-at", "when", t.when(solved, now)),
        (None, Some(due)) => promise(t, due, now),
        // Its clock rests: how it stands says more than that there is no date.
        (None, None) => t.s(&case.state_word_key).into_owned(),
    };
    CaseLine {
        title: if t.locale() == Locale::ZhCn { case.title.clone() } else { case.title_en.clone() },
        when,
        number: t.v("board-number", "number", &case.number),
        state: case.state_kind,
        word: t.s(&case.state_word_key).into_owned(),
    }
}

/// A promise that was not kept is said as plainly as one that stands.
fn promise(t: &T, due: Ts, now: Ts) -> String {
    let face = t.clock(due, now);
    if face.urgency == Urgency::Over {
        t.with("board-overdue", &[("at", face.at.into()), ("over", face.text.into())])
    } else {
        t.v("board-promised", "when", t.when(due, now))
    }
}

/// The same for paper, where "tomorrow" would be a lie the day after: the moment itself.
pub(crate) fn case_line_on_paper(case: &BoardCase, t: &T, now: Ts) -> CaseLine {
    let mut line = case_line(case, t, now);
    if let (None, Some(due)) = (case.solved, case.promised) {
        line.when = t.v("board-promised", "when", t.clock(due, now).at);
    }
    line
}

pub(crate) fn notice_card(notice: &Notice, proof: Option<&Standing>, t: &T) -> NoticeCard {
    let signed =
        t.with("board-notice-signed", &[("signed", notice.signed.as_str().into()), ("date", t.date(notice.starts_at).into())]);
    NoticeCard {
        kind: t.s(&format!("board-kind-{}", notice.kind.as_str())).into_owned(),
        title: notice.title.clone(),
        // What ends at midnight ends with the day before.
        until: notice.ends_at.map(|at| t.v("board-notice-until", "date", t.date(Ts(at.0 - 1)))).unwrap_or_default(),
        signed,
        paragraphs: notice.paragraphs().into_iter().map(str::to_owned).collect(),
        long: notice.body.chars().count() > FOLD_CHARS,
        proof: proof_line(t, proof),
    }
}
