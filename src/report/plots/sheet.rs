//! The tables of a sweep: one row a run, and one row for each value in time. Written as CSV, and
//! read back to draw from.

use crate::campaign::{Described, Played};

/// Rows under heads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

const SERIES: [&str; 6] = ["point", "seed", "time_s", "node", "quantity", "value"];

impl Sheet {
    /// One row a run: point, parameters, seed, verdict, measures. What has no value is empty.
    pub fn of_runs(described: &Described, played: &[Played]) -> Self {
        let parameters = described.parameters.iter().map(|axis| axis.name.clone());
        let measures = described.measures.iter().map(|told| told.id.clone());
        let head = |name: &str| std::iter::once(name.to_owned());
        let heads = head("point").chain(parameters).chain(head("seed")).chain(head("verdict"));
        let points = crate::campaign::points(&described.parameters);
        let row = |run: &Played| {
            let point = points.iter().find(|point| point.number == run.point);
            let values = point.map(|point| point.values.clone()).unwrap_or_default();
            let figures = run.measures.iter().map(|it| it.map_or(String::new(), exact));
            let own = [run.seed.to_string(), run.verdict.clone()];
            let row = std::iter::once(run.point.to_string()).chain(values);
            row.chain(own).chain(figures).collect()
        };
        Self { heads: heads.chain(measures).collect(), rows: played.iter().map(row).collect() }
    }

    /// One row for each value in time.
    pub fn of_series(played: &[Played]) -> Self {
        let row = |run: &Played, (at_ms, node, quantity, value): &(u64, String, String, u64)| {
            let at = exact(*at_ms as f64 / 1000.0);
            let (point, seed) = (run.point.to_string(), run.seed.to_string());
            vec![point, seed, at, node.clone(), quantity.clone(), value.to_string()]
        };
        let rows = played.iter().flat_map(|run| run.series.iter().map(move |it| row(run, it)));
        Self { heads: SERIES.map(str::to_owned).to_vec(), rows: rows.collect() }
    }

    /// Reads the text of a CSV file.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let heads = reader.headers().map(cells).map_err(|error| error.to_string())?;
        let rows = reader.records().map(|record| record.map(|record| cells(&record)));
        let rows = rows.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
        Ok(Self { heads, rows })
    }

    /// The text of a CSV file.
    ///
    /// # Errors
    /// None that plain text can have; they are handed on all the same.
    pub fn write(&self) -> Result<String, String> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        for row in std::iter::once(&self.heads).chain(&self.rows) {
            csv.write_record(row).map_err(|error| error.to_string())?;
        }
        let bytes = csv.into_inner().map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|error| error.to_string())
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The cells of these columns, row by row.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn columns<'a, const N: usize>(
        &'a self,
        names: [&str; N],
    ) -> Result<Vec<[&'a str; N]>, String> {
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(names) {
            let found = self.heads.iter().position(|head| head == name);
            *place = found.ok_or_else(|| format!("there is no column `{name}`"))?;
        }
        let cells = |row: &'a Vec<String>| places.map(|at| row.get(at).map_or("", |it| it));
        Ok(self.rows.iter().map(cells).collect())
    }
}

/// A number without more digits than it needs, and six decimals at most.
fn exact(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_reads_back_as_it_was_written() {
        let series = vec![(1_500, "A1".to_owned(), "epoch_lag".to_owned(), 2)];
        let (verdict, measures) = ("as_expected".to_owned(), vec![]);
        let run = Played { point: 1, seed: 3, verdict, measures, series };
        let sheet = Sheet::of_series(&[run]);
        let text = sheet.write().unwrap();
        assert_eq!(text, "point,seed,time_s,node,quantity,value\n1,3,1.5,A1,epoch_lag,2\n");
        assert_eq!(Sheet::read(&text), Ok(sheet.clone()));
        assert_eq!(sheet.columns(["node", "value"]), Ok(vec![["A1", "2"]]));
        assert!(sheet.columns(["nobody"]).is_err());
    }

    #[test]
    fn numbers_have_no_digits_that_say_nothing() {
        assert_eq!([0.0, 1.5, 2.0, 1.0 / 3.0].map(exact), ["0", "1.5", "2", "0.333333"]);
    }
}
