//! Opening hours as people write them: `（开诊时间:24小时)`, `门诊时间早8:00-17:00`, `周一至周五 8:00—12:00，13:30—17:00`.

use crate::model::{Hours, Interval};

/// What was read of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoursRead {
    /// The hours.
    pub hours: Hours,
    /// Whether nothing of the text was left that says more.
    pub whole: bool,
}

/// The days of the week as they are written, Monday first.
const DAYS: [&[char]; 7] = [&['一'], &['二'], &['三'], &['四'], &['五'], &['六'], &['日', '天', '七']];
/// Words around hours that say nothing.
const FILLERS: [&str; 15] = [
    "开诊时间",
    "开诊时问",
    "门诊时间",
    "门诊时问",
    "接诊时间",
    "营业时间",
    "开放时间",
    "就诊时间",
    "时间",
    "每天",
    "每日",
    "门诊",
    "开诊",
    "均",
    "为",
];
const EVERY_DAY: [i64; 7] = [0, 1, 2, 3, 4, 5, 6];

/// Reads hours. What cannot be read is unknown, never closed.
#[must_use]
pub fn read(text: &str) -> HoursRead {
    let mut rest = tidy(text);
    for filler in FILLERS {
        rest = rest.replace(filler, "");
    }
    let rest = rest.trim_matches(|c: char| ":-,.".contains(c)).to_owned();
    if matches!(
        rest.as_str(),
        "24小时" | "24h" | "24小时开放" | "全天" | "全天24小时" | "24小时全天" | "全年24小时" | "0:00-24:00" | "00:00-24:00"
    ) {
        return HoursRead { hours: Hours::Always, whole: true };
    }
    let hours = rest.strip_suffix("小时").and_then(|n| n.parse::<i64>().ok()).filter(|n| (1..24).contains(n));
    if let Some(hours) = hours {
        return HoursRead { hours: Hours::PerDay(hours), whole: true };
    }
    let (week, whole) = intervals(&rest);
    HoursRead { hours: Hours::weekly(week), whole: whole && !rest.is_empty() }
}

/// One kind of bracket, colon, dash and comma; no blanks.
fn tidy(text: &str) -> String {
    let one = |c: char| match c {
        '（' | '）' | '(' | ')' | '{' | '}' | '[' | ']' | '【' | '】' => None,
        c if c.is_whitespace() => None,
        '：' | '﹕' | '∶' => Some(':'),
        '—' | '–' | '－' | '~' | '～' | '至' | '到' | '−' | '―' => Some('-'),
        '，' | '、' | '；' | ';' | '。' | '/' => Some(','),
        c @ '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        c => Some(c),
    };
    text.chars().filter_map(one).collect::<String>().replace("--", "-")
}

/// The intervals of a text, and whether all of it was read. Days count for the times after them until other days are named.
fn intervals(text: &str) -> (Vec<Interval>, bool) {
    let (mut found, mut whole) = (Vec::new(), true);
    let mut days: Vec<i64> = EVERY_DAY.to_vec();
    let chars: Vec<char> = text.chars().collect();
    let mut rest: &[char] = &chars;
    while let Some((first, after)) = rest.split_first() {
        if matches!(first, ',' | '.' | ':' | '-') {
            rest = after;
        } else if let Some((named, after)) = days_of(rest) {
            days = named;
            rest = after;
        } else if let Some(((from, to), after)) = span_of(rest) {
            found.extend(days.iter().filter_map(|day| Interval::on(*day, from, to)));
            rest = after;
        } else {
            whole = false;
            // A number that is no time takes what hangs on it along: half of it would be read as another time.
            let odd = rest.iter().take_while(|c| c.is_ascii_digit() || **c == ':').count();
            rest = if odd > 0 { rest.get(odd..).unwrap_or_default() } else { after };
        }
    }
    (found, whole)
}

/// `周一-周五`, `星期六`, `周末`, `工作日`.
fn days_of(text: &[char]) -> Option<(Vec<i64>, &[char])> {
    if let Some(rest) = strip(text, "工作日") {
        return Some((vec![0, 1, 2, 3, 4], rest));
    }
    if let Some(rest) = strip(text, "周末") {
        return Some((vec![5, 6], rest));
    }
    let (first, rest) = day_of(text)?;
    let Some(after) = strip(rest, "-") else { return Some((vec![first], rest)) };
    let Some((last, after)) = day_of(after).or_else(|| bare_day(after)) else { return Some((vec![first], rest)) };
    let upto = if last >= first { last } else { last + 7 };
    Some(((first..=upto).map(|day| day % 7).collect(), after))
}

fn day_of(text: &[char]) -> Option<(i64, &[char])> {
    let rest = strip(text, "星期").or_else(|| strip(text, "礼拜")).or_else(|| strip(text, "周"))?;
    bare_day(rest)
}

fn bare_day(text: &[char]) -> Option<(i64, &[char])> {
    let (first, rest) = text.split_first()?;
    (0_i64..).zip(DAYS).find(|(_, names)| names.contains(first)).map(|(day, _)| (day, rest))
}

/// `早8:00-17:00`, `下午1:30-5:00`, `20:00-次日8:00`, `8-12点`.
fn span_of(text: &[char]) -> Option<((i64, i64), &[char])> {
    let (afternoon, rest) = part_of_day(text);
    let (from, rest) = time_of(rest)?;
    let rest = strip(rest, "-")?;
    let rest = strip(rest, "次日").or_else(|| strip(rest, "第二天")).or_else(|| strip(rest, "翌日")).unwrap_or(rest);
    let (late, rest) = part_of_day(rest);
    let (to, rest) = time_of(rest)?;
    let from = if afternoon && from < 720 { from + 720 } else { from };
    let to = if (late || (afternoon && to > 0 && to + 720 > from)) && to < 720 { to + 720 } else { to };
    (from < 1_440 && to <= 1_440 && from != to).then_some(((from, to), rest))
}

/// Skips 早, 上午, 下午 and the like; whether it is the afternoon.
fn part_of_day(text: &[char]) -> (bool, &[char]) {
    for (word, late) in
        [("上午", false), ("早上", false), ("早", false), ("下午", true), ("晚上", true), ("晚", true), ("中午", false)]
    {
        if let Some(rest) = strip(text, word) {
            return (late, rest);
        }
    }
    (false, text)
}

fn time_of(text: &[char]) -> Option<(i64, &[char])> {
    let (hour, rest) = number(text)?;
    if hour > 24 {
        return None;
    }
    let Some(after) = strip(rest, ":").or_else(|| strip(rest, "点")).or_else(|| strip(rest, "时")) else {
        return Some((hour * 60, rest));
    };
    if let Some(after) = strip(after, "半") {
        return Some((hour * 60 + 30, after));
    }
    match number(after) {
        Some((minute, after)) if minute < 60 => Some((hour * 60 + minute, strip(after, "分").unwrap_or(after))),
        Some(_) => None,
        None => Some((hour * 60, after)),
    }
}

fn number(text: &[char]) -> Option<(i64, &[char])> {
    let digits = text.iter().take_while(|c| c.is_ascii_digit()).count();
    if digits == 0 || digits > 2 {
        return None;
    }
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.iter().collect::<String>().parse().ok()?, rest))
}

fn strip<'t>(text: &'t [char], word: &str) -> Option<&'t [char]> {
    let mut rest = text;
    for c in word.chars() {
        let (first, after) = rest.split_first()?;
        if *first != c {
            return None;
        }
        rest = after;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_week(from: i64, to: i64) -> Hours {
        Hours::weekly((0..7).filter_map(|day| Interval::on(day, from, to)).collect())
    }

    #[test]
    fn the_punctuations_of_the_beijing_list_are_one() {
        for text in
            ["(开诊时间:24小时)", "(开诊时间: 24小时) ", "(开诊时问:24小时)", "（开诊时间：24小时）", "全天", "0:00—24:00"]
        {
            assert_eq!(read(text), HoursRead { hours: Hours::Always, whole: true }, "{text}");
        }
        for text in ["(开诊时间:8小时)", "(开诊时间: 8小时)", "(开诊时间:8小时}", "(开诊时问:8小时)"] {
            assert_eq!(read(text), HoursRead { hours: Hours::PerDay(8), whole: true }, "{text}");
        }
        let day = read("(门诊时间早8:00-17:00.夜问急诊内科就诊)");
        assert_eq!(day, HoursRead { hours: all_week(480, 1_020), whole: false });
    }

    #[test]
    fn days_and_times_are_read_as_they_are_written() {
        let on = |days: &[i64], from, to| days.iter().filter_map(move |d| Interval::on(*d, from, to)).collect::<Vec<_>>();
        let weekdays = [0, 1, 2, 3, 4];
        let two = [on(&weekdays, 480, 720), on(&weekdays, 810, 1_020)].concat();
        for text in ["周一至周五 8:00—12:00，13:30—17:00", "工作日上午8:00-12:00、下午1:30-5:00", "周一到五8点-12点;13点半-17点"]
        {
            assert_eq!(read(text), HoursRead { hours: Hours::weekly(two.clone()), whole: true }, "{text}");
        }
        assert_eq!(read("每天20:00-次日8:00").hours, all_week(1_200, 480));
        let mixed = [on(&weekdays, 480, 1_020), on(&[5, 6], 540, 720)].concat();
        assert_eq!(read("周一至周五8:00-17:00;周末9:00-12:00").hours, Hours::weekly(mixed));
        assert_eq!(read("周六至周一 9:00-10:00").hours, Hours::weekly(on(&[5, 6, 0], 540, 600)));
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        for text in ["", "电话预约", "25:00-26:00", "8:00", "8:70-9:00", "48小时"] {
            assert_eq!(read(text).hours, Hours::Unknown, "{text}");
            assert!(!read(text).whole, "{text}");
        }
    }
}
