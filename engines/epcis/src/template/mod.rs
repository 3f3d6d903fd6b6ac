//! A table for merchants who will never write EPCIS: one row, one event.
//!
//! Columns are known by their Chinese or English names, in any order, with or without spaces and capitals; separators
//! may be commas, tabs or semicolons. Each row is judged by itself and says its line, its column and what would be
//! right. The caller has turned the file into UTF-8 text.

mod cells;
mod row;
mod steps;

pub use steps::{Step, steps};

use crate::event::Event;
use crate::fault::{Code, EventError, quoted};

/// Rows of one table.
pub const ROWS_MAX: usize = 100_000;
/// Bytes of one cell.
pub const CELL_BYTES_MAX: usize = 256 * 1024;
/// Codes in one cell.
pub const CODES_MAX: usize = 10_000;

/// What the rows leave unsaid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The zone of times that name none, `±hh:mm`.
    pub time_zone_offset: String,
    /// The start of URIs for places, parties and documents that are given as plain names, without a colon at its end,
    /// for instance `urn:touchstone:m1`. A place becomes `urn:touchstone:m1:place:<name>`.
    pub base: String,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// When it happened.
    Time,
    /// What happened.
    Step,
    /// Codes of units or boxes.
    Codes,
    /// GTIN of the product, where a lot is meant.
    Gtin,
    /// Lot number.
    Lot,
    /// How much of the lot.
    Quantity,
    /// Unit of the quantity.
    Unit,
    /// The box things are put into or taken out of.
    Parent,
    /// Who gives.
    From,
    /// Who takes.
    To,
    /// Where it happened.
    Place,
    /// Number of the delivery note, order or invoice.
    Document,
    /// What kind of document.
    DocumentType,
}

/// What a column is called and for.
#[derive(Debug, Clone, Copy)]
pub struct ColumnInfo {
    /// The column.
    pub column: Column,
    /// Its stable name, also its English heading.
    pub name: &'static str,
    /// Its Chinese heading.
    pub zh: &'static str,
    /// Whether every row needs it.
    pub required: bool,
    /// Other headings it is known by.
    pub aliases: &'static [&'static str],
    /// What to write, in Chinese.
    pub help_zh: &'static str,
    /// What to write, in English.
    pub help_en: &'static str,
    /// An example.
    pub example: &'static str,
}

/// Every column, in the order of the template.
pub fn columns() -> &'static [ColumnInfo] {
    COLUMNS
}

const COLUMNS: &[ColumnInfo] = &[
    ColumnInfo {
        column: Column::Time,
        name: "time",
        zh: "时间",
        required: true,
        aliases: &["日期", "发生时间", "日期时间", "event_time", "date", "datetime"],
        help_zh: "如 2024-05-01 08:30；不写时区时按本地时区",
        help_en: "such as 2024-05-01 08:30; without a zone the local zone holds",
        example: "2024-05-01 08:30",
    },
    ColumnInfo {
        column: Column::Step,
        name: "step",
        zh: "步骤",
        required: true,
        aliases: &["环节", "操作", "业务步骤", "biz_step", "action"],
        help_zh: "生产、入库、发货、收货、检验、装箱、拆箱、销售、退货、销毁等",
        help_en: "produced, stored, shipped, received, inspected, packed, unpacked, sold, returned, destroyed, …",
        example: "发货",
    },
    ColumnInfo {
        column: Column::Codes,
        name: "codes",
        zh: "追溯码",
        required: false,
        aliases: &["编码", "溯源码", "二维码", "单品码", "code", "epc", "epcs", "unit_codes"],
        help_zh: "单品码或箱码，多个之间用空格或分号隔开；没有单品码时填商品条码与批号",
        help_en: "codes of units or boxes, with spaces or semicolons between them; without them fill in gtin and lot",
        example: "https://id.gs1.org/01/09506000134352/21/1001",
    },
    ColumnInfo {
        column: Column::Gtin,
        name: "gtin",
        zh: "商品条码",
        required: false,
        aliases: &["条码", "条形码", "商品编码", "barcode", "ean", "upc"],
        help_zh: "8、12、13 或 14 位数字",
        help_en: "8, 12, 13 or 14 digits",
        example: "9506000134352",
    },
    ColumnInfo {
        column: Column::Lot,
        name: "lot",
        zh: "批号",
        required: false,
        aliases: &["批次", "批次号", "生产批号", "batch", "batch_number", "lot_number"],
        help_zh: "最多 20 个字符",
        help_en: "at most 20 characters",
        example: "L20240501",
    },
    ColumnInfo {
        column: Column::Quantity,
        name: "quantity",
        zh: "数量",
        required: false,
        aliases: &["件数", "qty", "amount"],
        help_zh: "不写单位时为件数",
        help_en: "pieces, where no unit is given",
        example: "200",
    },
    ColumnInfo {
        column: Column::Unit,
        name: "unit",
        zh: "单位",
        required: false,
        aliases: &["计量单位", "uom"],
        help_zh: "件、千克、克、升、毫升、米，或单位代码如 KGM",
        help_en: "pieces, kg, g, l, ml, m, or a unit code such as KGM",
        example: "件",
    },
    ColumnInfo {
        column: Column::Parent,
        name: "parent",
        zh: "箱码",
        required: false,
        aliases: &["外箱码", "托盘码", "父码", "sscc", "box", "pallet"],
        help_zh: "装箱、拆箱时的外箱或托盘",
        help_en: "the box or pallet, when packing and unpacking",
        example: "https://id.gs1.org/00/095060001343520003",
    },
    ColumnInfo {
        column: Column::From,
        name: "from",
        zh: "发货方",
        required: false,
        aliases: &["来源", "供货方", "供应商", "卖方", "source", "sender", "seller"],
        help_zh: "名称或 13 位位置码（GLN）",
        help_en: "a name or a GLN of 13 digits",
        example: "杭州一厂",
    },
    ColumnInfo {
        column: Column::To,
        name: "to",
        zh: "收货方",
        required: false,
        aliases: &["去向", "客户", "买方", "购货方", "destination", "receiver", "buyer"],
        help_zh: "名称或 13 位位置码（GLN）",
        help_en: "a name or a GLN of 13 digits",
        example: "9506000134304",
    },
    ColumnInfo {
        column: Column::Place,
        name: "place",
        zh: "地点",
        required: false,
        aliases: &["位置", "仓库", "场所", "location", "warehouse", "site"],
        help_zh: "名称或 13 位位置码（GLN）",
        help_en: "a name or a GLN of 13 digits",
        example: "东仓 3 号库",
    },
    ColumnInfo {
        column: Column::Document,
        name: "document",
        zh: "单据号",
        required: false,
        aliases: &["单号", "订单号", "发货单号", "运单号", "document_number", "order", "reference"],
        help_zh: "发货单、订单或发票的号码",
        help_en: "the number of the delivery note, order or invoice",
        example: "FH-20240501-07",
    },
    ColumnInfo {
        column: Column::DocumentType,
        name: "document_type",
        zh: "单据类型",
        required: false,
        aliases: &["单据种类"],
        help_zh: "订单、发货单、收货单、发票、提单、生产单、退货单、检验报告",
        help_en: "order, despatch, receipt, invoice, bill of lading, production order, return, test report",
        example: "发货单",
    },
];

impl Column {
    /// What the column is called and for.
    pub fn info(self) -> &'static ColumnInfo {
        COLUMNS.iter().find(|info| info.column == self).unwrap_or(&COLUMNS[0])
    }

    /// The column of a heading.
    pub fn of_heading(heading: &str) -> Option<Column> {
        let plain = plain(heading);
        let known = |name: &&str| self::plain(name) == plain;
        COLUMNS
            .iter()
            .find(|info| known(&info.name) || known(&info.zh) || info.aliases.iter().any(known))
            .map(|info| info.column)
    }
}

/// A heading or word without what varies: spaces, marks, capitals, and what stands in brackets after it.
pub(crate) fn plain(text: &str) -> String {
    let text = text.trim().trim_start_matches('\u{feff}');
    let cut = text.find(['(', '（', '[', '【', '*', '＊']).filter(|at| *at > 0).unwrap_or(text.len());
    text[..cut].chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A table that was read.
#[derive(Debug, Clone)]
pub struct Table {
    /// Headings that no column has, in their order: they were passed over.
    pub ignored: Vec<String>,
    /// The rows, empty ones left out.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// Line of the file where the row begins, from 1 (the heading is usually line 1).
    pub line: u64,
    /// The event, or why there is none. The pointer is `/rows/<line>/<column's name>`.
    pub event: Result<Event, EventError>,
}

/// Reads a table.
///
/// # Errors
/// [`EventError`] for the whole table: no heading, a required column or any column for the goods is missing, a column
/// stands twice, or there are more rows than [`ROWS_MAX`].
pub fn read(text: &str, options: &Options) -> Result<Table, EventError> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let delimiter =
        [b',', b'\t', b';'].into_iter().max_by_key(|d| first.bytes().filter(|c| c == d).count()).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let heading = loop {
        match records.next() {
            None => return Err(refuse_table("表格是空的", "the table is empty")),
            Some(Err(error)) => {
                return Err(refuse_table(
                    format!("表头无法读取：{error}"),
                    format!("the heading cannot be read: {error}"),
                ));
            }
            Some(Ok(record)) if record.iter().all(str::is_empty) => {}
            Some(Ok(record)) => break record,
        }
    };
    let (columns, ignored) = read_heading(&heading)?;
    let mut rows = Vec::new();
    let mut lines = Lines { text, byte: 0, line: 1 };
    for record in records {
        let row = match record {
            Ok(record) if record.iter().all(str::is_empty) => continue,
            Ok(record) => {
                let line = lines.at(record.position());
                Row { line, event: row::event(&record, line, &columns, options) }
            }
            Err(error) => {
                let line = lines.at(error.position());
                let (zh, en) = (format!("这一行无法读取：{error}"), format!("the row cannot be read: {error}"));
                Row { line, event: Err(EventError::new(format!("/rows/{line}"), Code::Row, zh, en)) }
            }
        };
        if rows.len() == ROWS_MAX {
            return Err(refuse_table(
                format!("超过 {ROWS_MAX} 行；请分成几份"),
                format!("more than {ROWS_MAX} rows; split the table"),
            ));
        }
        rows.push(row);
    }
    Ok(Table { ignored, rows })
}

/// Counts lines up to a row, whatever blank lines and line ends stand before it.
struct Lines<'t> {
    text: &'t str,
    byte: usize,
    line: u64,
}

impl Lines<'_> {
    fn at(&mut self, position: Option<&csv::Position>) -> u64 {
        let bytes = self.text.as_bytes();
        let start = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.byte);
        let blank = bytes.iter().skip(start).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let end = (start + blank).clamp(self.byte, bytes.len());
        self.line += bytes[self.byte..end].iter().filter(|byte| **byte == b'\n').count() as u64;
        self.byte = end;
        self.line
    }
}

fn refuse_table(zh: impl Into<String>, en: impl Into<String>) -> EventError {
    EventError::new("/rows", Code::Row, zh, en)
}

/// Which column stands at which place.
type Places = Vec<(Column, usize)>;

fn read_heading(heading: &csv::StringRecord) -> Result<(Places, Vec<String>), EventError> {
    let (mut columns, mut ignored): (Places, Vec<String>) = (Vec::new(), Vec::new());
    for (index, title) in heading.iter().enumerate() {
        let Some(column) = Column::of_heading(title) else {
            if !title.is_empty() {
                ignored.push(quoted(title));
            }
            continue;
        };
        if columns.iter().any(|(known, _)| *known == column) {
            let info = column.info();
            return Err(refuse_table(
                format!("列“{}”出现了两次", info.zh),
                format!("the column \"{}\" appears twice", info.name),
            ));
        }
        columns.push((column, index));
    }
    let has = |column: Column| columns.iter().any(|(known, _)| *known == column);
    for info in COLUMNS.iter().filter(|info| info.required) {
        if !has(info.column) {
            return Err(refuse_table(
                format!("缺少列“{}”（{}）；第一行应为表头", info.zh, info.name),
                format!("the column \"{}\" ({}) is missing; the first row must be the heading", info.name, info.zh),
            ));
        }
    }
    if !has(Column::Codes) && !has(Column::Gtin) {
        return Err(refuse_table(
            "应有“追溯码”列，或“商品条码”与“批号”列",
            "a column \"codes\", or columns \"gtin\" and \"lot\", are needed",
        ));
    }
    Ok((columns, ignored))
}

/// The empty template with two example rows, as CSV text with a byte order mark so that spreadsheets read it as UTF-8.
pub fn sample(chinese: bool) -> String {
    let mut out = String::from("\u{feff}");
    let line = |cells: Vec<&str>| cells.join(",") + "\r\n";
    out += &line(COLUMNS.iter().map(|info| if chinese { info.zh } else { info.name }).collect());
    let (ship, receive, kind) =
        if chinese { ("发货", "收货", "发货单") } else { ("shipped", "received", "despatch") };
    let (factory, shop, store) =
        if chinese { ("杭州一厂", "西湖店", "东仓") } else { ("Plant 1", "Lake shop", "East store") };
    let code = "https://id.gs1.org/01/09506000134352/21/1001";
    out += &line(vec!["2024-05-01 08:30", ship, code, "", "", "", "", "", factory, shop, store, "FH-0501-07", kind]);
    out += &line(vec![
        "2024-05-02 10:00",
        receive,
        "",
        "9506000134352",
        "L20240501",
        "200",
        "",
        "",
        factory,
        shop,
        shop,
        "FH-0501-07",
        kind,
    ]);
    out
}
