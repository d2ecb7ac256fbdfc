//! A year of hotline calls as such an export comes: one sheet, four columns, long texts in nobody's words.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use linli_kernel::{Rng as _, SeededRng};
use rust_xlsxwriter::Workbook;

use super::child::{Served, run as linli};
use super::figure::{median, print};

/// Rows of the largest export that is known.
const ROWS: u32 = 128_278;
const ROUNDS: usize = 3;

const SUBJECTS: &[&str] = &[
    "井盖松动",
    "路灯不亮",
    "楼道灯损坏",
    "下水道堵塞",
    "污水外溢",
    "电梯停运",
    "单元门锁损坏",
    "树枝遮挡窗户",
    "占道停车",
    "夜间施工噪声",
    "垃圾未及时清运",
    "外墙砖脱落",
    "屋面渗漏",
    "水压不足",
    "燃气异味",
    "消防通道堵塞",
    "电动车楼道充电",
    "健身器材损坏",
    "路面坑洼",
    "违章搭建",
    "广场舞音量过大",
    "犬只未牵绳",
    "小广告张贴",
    "暖气不热",
    "自来水发黄",
    "门禁失灵",
    "监控缺失",
    "绿化枯死",
    "公交站牌倾斜",
    "化粪池满溢",
];
const PLACES: &[&str] = &[
    "梧桐里",
    "锦绣苑",
    "和平新村",
    "东风小区",
    "望江花园",
    "青石巷",
    "向阳里",
    "银杏苑",
    "学府家园",
    "紫竹坊",
    "南门新村",
    "清水塘",
    "长虹小区",
    "五柳巷",
    "春晓苑",
    "北苑新城",
    "金桥里",
    "柳岸花园",
    "红旗新村",
    "石榴园",
];
const SEEN: &[&str] = &[
    "来电人反映该处",
    "市民称近日发现此处",
    "来电人表示其居住的楼栋",
    "有居民多次反映小区内",
    "来电人下班途中看到",
    "市民通过热线反映",
    "来电人称其父母所住单元",
    "物业此前已登记但",
    "来电人表示上周已经反映过",
    "市民来电咨询并反映",
];
const THEN: &[&str] = &[
    "影响老人和小孩出行",
    "车辆经过时声响很大",
    "雨天积水难以通行",
    "夜间看不清台阶",
    "已经持续半个多月",
    "周边商户也受到影响",
    "存在较大的安全隐患",
    "多户居民无法正常休息",
    "气味难闻不敢开窗",
    "消防车辆无法驶入",
    "孩子上学必须绕行",
    "曾有人在此处摔倒",
    "物业答复正在等待配件",
    "社区工作人员曾到场查看",
    "至今没有明确的处理时间",
    "此前维修后不到三天又出现同样问题",
];
const WANTS: &[&str] = &[
    "希望相关部门尽快到现场核实处理",
    "请求给出明确的维修时间",
    "希望物业公开维修进度",
    "要求安排人员上门查看",
    "请职能部门协调解决并回复",
    "希望加装警示标志",
    "建议统一排查同类问题",
    "要求恢复原状",
    "希望延长巡查时间",
    "请求增设照明设施",
];
/// Characters that a text goes on with, as surnames of streets, shops and things that no list has.
const SIGNS: &str = "东西南北中前后左右上下大小新老高低长短红黄蓝绿青白黑金银铜铁木水火土山河湖海江溪桥路街巷门窗墙顶梯管井灯杆线箱柜车棚亭台楼阁院坊里村社区栋单元室层号天地人和平安康福寿喜乐春夏秋冬风云雨雪花草树林竹梅兰菊松柏杨柳桃李杏梨";

/// Prints `import.hotline_xlsx_s` and `import.hotline_xlsx_peak_mb`: medians of three whole runs of `linli import cases` with a mapping, of
/// a workbook of 128,278 rows with the columns 序号, 工单编号, 标题 and 内容, each run into a district of its own that has divisions only;
/// beside them the size of the file.
pub fn run(place: &Path) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("hotline").tempdir_in(place)?;
    let (file, mapping) = (folder.path().join("hotline.xlsx"), folder.path().join("hotline.toml"));
    workbook(&file)?;
    fs::write(&mapping, MAPPING)?;
    let size = u32::try_from(fs::metadata(&file)?.len()).map_or(f64::NAN, f64::from) / 1_000_000.0;
    let (mut secs, mut peaks) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let data = folder.path().join(format!("data{round}"));
        drop(Served::start(&data, "demo")?);
        let took = linli(
            &data,
            &["import", "cases", text(&file)?, "--mapping", text(&mapping)?, "--system", "12345", "--community", "320102"],
        )?;
        secs.push(took.secs);
        peaks.push(took.peak_mb);
        fs::remove_dir_all(data)?;
    }
    print("import", "hotline_xlsx_s", median(secs), "s", &[("file_mb", size)])?;
    print("import", "hotline_xlsx_peak_mb", median(peaks), "MB", &[("file_mb", size)])?;
    Ok(())
}

/// The number begins with the day; such an export says nothing of the state, and what is old has ended.
const MAPPING: &str = r#"kind = "cases"
[source]
format = "xlsx"
[dates]
forms = ["%Y%m%d"]
[columns]
external_id = "工单编号"
title = "标题"
description = "内容"
status = { constant = "已办结" }
state = { constant = "closed" }
reported_at = { column = "工单编号", pattern = "{n}-{_}" }
"#;

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a folder whose name is no text")
}

/// One of a list.
fn one<'a>(list: &[&'a str], rng: &SeededRng) -> &'a str {
    let at = usize::try_from(rng.below(u64::try_from(list.len()).unwrap_or(1))).unwrap_or(0);
    list.get(at).copied().unwrap_or_default()
}

fn workbook(file: &Path) -> anyhow::Result<()> {
    let rng = SeededRng::new(12_345);
    let signs: Vec<char> = SIGNS.chars().collect();
    let begin = jiff::civil::date(2025, 1, 1);
    let mut book = Workbook::new();
    // Texts of a workbook stand in one shared list, as spreadsheet programs write them; that is what takes memory to read.
    let sheet = book.add_worksheet();
    for (column, name) in (0_u16..).zip(["序号", "工单编号", "标题", "内容"]) {
        sheet.write_string(0, column, name)?;
    }
    for row in 1..=ROWS {
        let day = begin.checked_add(jiff::Span::new().days(i64::from(row) * 365 / i64::from(ROWS + 1)))?;
        let (place, subject) = (one(PLACES, &rng), one(SUBJECTS, &rng));
        let (house, entrance) = (rng.below(60) + 1, rng.below(6) + 1);
        sheet.write_number(row, 0, f64::from(row))?;
        sheet.write_string(row, 1, format!("{}-{row:06}", day.strftime("%Y%m%d")))?;
        sheet.write_string(row, 2, format!("{place}{house}栋{entrance}单元{subject}"))?;
        let mut words = format!("{}{place}{house}栋{entrance}单元{subject}，", one(SEEN, &rng));
        for _ in 0..4 {
            words.push_str(one(THEN, &rng));
            words.push('，');
        }
        words.push_str("具体位置为");
        for _ in 0..SIGNS_OF_A_TEXT {
            let at = usize::try_from(rng.below(u64::try_from(signs.len())?))?;
            words.extend(signs.get(at));
        }
        words.push_str(&format!("，涉及{}户，{}。", rng.below(200) + 2, one(WANTS, &rng)));
        sheet.write_string(row, 3, words)?;
    }
    book.save(file)?;
    ensure!(fs::metadata(file)?.len() > 30_000_000, "the workbook is too small to stand for the real one");
    Ok(())
}

/// So many that the file is about 37 MB.
const SIGNS_OF_A_TEXT: usize = 165;
