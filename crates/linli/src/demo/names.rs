//! Invented names. Estates are put together from plants and landscape, so that they sound like the city without being a
//! place in it; people are put together from common family names and given names.

use std::collections::HashSet;

use super::dice::Dice;

const PLANTS: [&str; 30] = [
    "云", "桐", "梧", "槐", "柳", "枫", "荷", "桂", "榆", "檀", "楝", "榴", "杏", "竹", "兰", "菊", "蔷", "棠", "芦", "萱", "苇",
    "樟", "朴", "栎", "梓", "椿", "蕉", "薇", "苔", "葵",
];
const LANDSCAPE: [&str; 24] = [
    "栖", "荫", "溪", "涧", "坞", "屿", "岚", "麓", "汀", "渚", "圃", "畦", "陌", "榭", "浦", "湾", "泽", "泉", "坡", "岗", "影",
    "露", "霁", "晴",
];
const LANES: [&str; 4] = ["巷", "里", "街", "路"];
const WALLED_OLD: [&str; 7] = ["新村", "小区", "一村", "二村", "大院", "花苑", "公寓"];
const WALLED_NEW: [&str; 8] = ["花园", "雅苑", "家园", "名邸", "华庭", "雅居", "府", "东苑"];

/// How an estate is built, which decides what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// 零散: a few houses along a lane, without a wall.
    Lane,
    /// 封闭, built by 2000.
    WalledOld,
    /// 封闭, built since 2001.
    WalledNew,
}

/// Gives every estate a name of its own.
#[derive(Debug)]
pub struct EstateNames {
    taken: HashSet<String>,
    /// Names of real places that no invented name may contain.
    real: Vec<String>,
}

impl EstateNames {
    /// A namer that keeps away from these real names.
    pub fn avoiding(real: Vec<String>) -> Self {
        Self { taken: HashSet::new(), real }
    }

    /// A name nobody has yet.
    pub fn next(&mut self, style: Style, dice: &Dice) -> String {
        loop {
            let stem = format!("{}{}", dice.word(&PLANTS), dice.word(&LANDSCAPE));
            if self.real.iter().any(|real| real.contains(&stem)) {
                continue;
            }
            let name = match style {
                Style::Lane => lane_name(&stem, dice),
                Style::WalledOld => format!("{stem}{}", dice.word(&WALLED_OLD)),
                Style::WalledNew => format!("{stem}{}", dice.word(&WALLED_NEW)),
            };
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

fn lane_name(stem: &str, dice: &Dice) -> String {
    let lane = dice.word(&LANES);
    let number = dice.between(2, 98);
    match dice.below(4) {
        0 => format!("{stem}{lane}{number}-{}号", number + 2 * dice.between(1, 4)),
        1 => format!("{stem}{lane}{number}号院"),
        2 => format!("{stem}{lane}片区"),
        _ => format!("{stem}{lane}{number}号"),
    }
}

const FAMILY: [&str; 60] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马", "罗", "梁",
    "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹", "袁", "邓", "许", "傅", "沈", "曾", "彭", "吕", "苏", "卢",
    "蒋", "蔡", "贾", "丁", "魏", "薛", "叶", "阎", "余", "潘", "杜", "戴", "夏", "钟", "汪", "田", "任", "姜",
];
const GIVEN_FIRST: [&str; 40] = [
    "建", "志", "文", "明", "国", "晓", "海", "春", "秀", "玉", "桂", "雪", "思", "子", "雨", "欣", "嘉", "一", "俊", "浩", "立",
    "永", "德", "庆", "宝", "红", "丽", "金", "爱", "素", "静", "慧", "婉", "若", "泽", "承", "启", "安", "正", "向",
];
const GIVEN_SECOND: [&str; 44] = [
    "华", "强", "军", "平", "勇", "芳", "英", "兰", "梅", "琴", "霞", "萍", "燕", "洁", "涵", "轩", "宁", "远", "清", "然", "峰",
    "林", "涛", "斌", "辉", "凯", "晨", "阳", "婷", "娟", "云", "珍", "莲", "生", "根", "福", "祥", "民", "东", "新", "琪", "怡",
    "帆", "舟",
];

/// Gives every person a name that no other person of the demonstration has.
#[derive(Debug, Default)]
pub struct PersonNames {
    taken: HashSet<String>,
}

impl PersonNames {
    /// A name nobody has yet. Any likeness to a living person is chance.
    pub fn next(&mut self, dice: &Dice) -> String {
        loop {
            let first = if dice.chance(82) { dice.word(&GIVEN_FIRST) } else { "" };
            let name = format!("{}{first}{}", dice.word(&FAMILY), dice.word(&GIVEN_SECOND));
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

/// Letters of the unified social credit code and of the organisation code inside it.
const CREDIT: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A unified social credit code that passes its check digit and belongs to nobody.
///
/// GB 32100-2015 gives the first character to the registering authority (1 to 9, A, N, Y) and the third to eighth to a
/// division. These codes begin with `X`, which stands for no authority, followed by the division `000000`, which does not
/// exist: no register can have given them out.
pub fn unreal_credit_code(number: usize) -> String {
    let organisation = format!("DEM0{number:04}");
    let inner = organisation_check(&organisation);
    let body = format!("X9000000{organisation}{inner}");
    let mut sum = 0_usize;
    let mut weight = 1_usize;
    for byte in body.bytes() {
        sum += CREDIT.iter().position(|c| *c == byte).unwrap_or(0) * weight;
        weight = weight * 3 % 31;
    }
    let check = CREDIT.get((31 - sum % 31) % 31).copied().map_or('0', char::from);
    format!("{body}{check}")
}

/// The check character of an organisation code (GB 11714-1997): values 0 to 9 and 10 to 35 for letters.
fn organisation_check(code: &str) -> char {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = code.chars().zip(WEIGHTS).map(|(c, w)| c.to_digit(36).unwrap_or(0) * w).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

/// A phone number that cannot be dialled: Nanjing's area code and a subscriber number beginning with four zeros. No
/// subscriber number in the country begins with 0, because 0 leads out of the local network.
pub fn unreal_phone(number: usize) -> String {
    format!("025-0000-{number:04}")
}
