import {
  type Block,
  chapter,
  figure,
  list,
  note,
  section,
  steps,
  table,
  text,
  warning,
  wideFigure,
} from './blocks.ts';
import { ionPath, pumpDown, sourceView } from './ionthicket-figures.ts';

export const ionthicketUse: Block[] = [
  chapter('1 Safety'),
  section('1.1 High voltage'),
  text(
    'The needle of the ion source carries up to 5.5 kV, the detector up to 3.2 kV against ground. The source housing opens a switch that shuts the needle voltage down within 100 ms and discharges it over a resistor. The detector supply keeps its charge for 90 s after the mains has been switched off; the rear cover may be taken off only by service.',
  ),
  warning(
    'The source block and the desolvation heater stay above 60 °C for 30 min after a run at 450 °C. Wear heat-resistant gloves or wait until the display shows SOURCE COLD.',
  ),
  section('1.2 Gases and solvents'),
  text(
    'The Ionthicket Q9 uses nitrogen at up to 18 L/min in the source and argon at 0.4 mL/min in the collision cell. Nitrogen displaces oxygen: the room needs at least six changes of air per hour or an oxygen monitor set to 19 %. Solvent vapour leaves by the exhaust at the back; it must end in a fume duct with a draught of 25 to 60 Pa, separate from the exhaust of the fore pump.',
  ),
  list(
    'Never introduce tetrahydrofuran above 30 %; it swells the seals of the divert valve.',
    'Keep no more than 2 L of solvent on the tray, with caps and a waste bottle in a tub of 3 L.',
    'Trifluoroacetic acid above 0.1 % suppresses ions for days. Use formic acid instead.',
  ),
  section('1.3 Vacuum'),
  text(
    'Venting by hand while the turbomolecular pumps turn at 60,000 rpm destroys them. The vent valve is locked until both pumps have fallen below 6,000 rpm, which takes 9 min. Oil of the fore pump is contaminated by samples; treat it as hazardous waste.',
  ),
  chapter('2 Design'),
  section('2.1 Overview'),
  text(
    'The Ionthicket Q9 is a triple quadrupole mass spectrometer for the determination of known compounds in liquids. It covers m/z 15 to 2,000 in both polarities. Ions are formed by electrospray (source ES) or by atmospheric pressure chemical ionisation (source AC), guided through three stages of vacuum, selected in quadrupole Q1, broken up in the collision cell, selected again in quadrupole Q3 and counted by an electron multiplier.',
  ),
  wideFigure(
    'Figure 1. Path of the ions. Pressures are typical values at a nitrogen flow of 12 L/min; the collision cell is filled with argon.',
    128,
    ionPath,
  ),
  section('2.2 Vacuum'),
  text(
    'One fore pump of 28 m³/h evacuates the interface to 180 Pa and backs two turbomolecular pumps. The analyser must reach 2.0 × 10^-3 Pa before the high voltages are released, and works at 8 × 10^-4 Pa. After a vent this takes about 5 h; for quantitative work and for any calibration pump overnight, at least 12 h.',
  ),
  figure(
    'Figure 2. Pressure of the analyser after start of the pumps, closed isolation valve. The line shows a dry instrument.',
    140,
    pumpDown,
  ),
  section('2.3 Ion source'),
  text(
    'The electrospray probe has an inner capillary of 100 µm (part QI-4421) that ends 1.0 ± 0.2 mm in front of the nebuliser tube. Its distance to the cone is set with two scales: horizontal 0 to 10 mm, vertical 0 to 15 mm. Settings of 4 mm and 6 mm suit flows around 400 µL/min; below 50 µL/min move the probe to 2 mm and 4 mm. The sampling cone has an opening of 0.42 mm and is taken out with the isolation valve closed, without venting.',
  ),
  figure(
    'Figure 3. Electrospray source. The scales h and v set the distance of the probe from the sampling cone.',
    150,
    sourceView,
  ),
  section('2.4 Detector'),
  text(
    'The detector is a discrete-dynode multiplier with a conversion dynode at ± 10 kV. Its gain is set to 1.5 × 10^6 by the multiplier voltage, which starts at 1,650 V with a new detector and rises by about 12 V a month. At 2,700 V it is due for replacement. Counting is linear up to 6 × 10^6 counts per second.',
  ),
  section('2.5 Divert valve and syringe pump'),
  text(
    'A six-port valve leads the flow of the chromatograph either into the source or to waste. Program it so that the first minute of every run, which holds salts, goes to waste. The built-in syringe pump delivers 1 to 200 µL/min with a 500 µL syringe (QI-4430); it is used for the calibrant and for tuning compounds.',
  ),
  section('2.6 Collision cell'),
  text(
    'The cell is a bent hexapole of 180 mm that is filled with argon through a valve with a fixed opening. Its bend of 90° keeps neutral particles and light from the detector. An axial field sweeps the fragments out within 0.8 ms, so that transitions with equal fragments do not mix; below a dwell time of 5 ms a rest of 0.02 % can be seen. The pressure in the cell is not controlled but follows the argon pressure at the inlet: at 120 kPa it is 0.3 Pa. Tuned collision energies hold only for the pressure at which they were found.',
  ),
  chapter('3 Site and start'),
  section('3.1 Requirements'),
  table({
    title: 'Table 1. Requirements of the site',
    ruled: false,
    widths: [1, 1.9],
    head: ['Item', 'Requirement'],
    rows: [
      ['Room', '18 to 25 °C, drift under 2 °C per hour'],
      ['Humidity', '30 to 70 %, not condensing'],
      ['Heat', '2.6 kW into the room'],
      ['Mains', '230 V ± 5 %, 50/60 Hz, 2 × 16 A'],
      ['Nitrogen', '99.5 %, 600 to 700 kPa, 20 L/min'],
      ['Argon', '99.999 %, 100 to 150 kPa'],
      ['Bench', '180 kg, 1.2 m wide, 0.9 m deep'],
      ['Vibration', 'under 50 µm/s above 5 Hz'],
    ],
  }),
  section('3.2 Starting from the cold'),
  steps(
    'Close the isolation valve and see that the source housing is mounted.',
    'Open argon (120 kPa) and nitrogen (650 kPa). Both pressures must be green on the display.',
    'Switch on the mains, wait for 2 min, then choose Vacuum > Pump.',
    'The fore pump must bring the interface below 500 Pa within 6 min. If not, the pumps stop with V-103.',
    'Wait until the analyser is below 2.0 × 10^-3 Pa. The lamp VAC turns from amber to green.',
    'Choose Source > Operate. Heat the desolvation gas to 350 °C and let the instrument settle for 60 min.',
  ),
  section('3.3 Connecting gas and chromatograph'),
  text(
    'Use copper or steel tubes cleaned for gas, 6 mm outside, and a filter of 0.01 µm with a charcoal stage in the nitrogen line (part QI-4460); a generator needs a buffer tank of at least 50 L, or the source gas will pulse. The argon line may not be longer than 10 m. After each change of a cylinder flush the line three times, because air in the collision cell lowers the yield of fragments by up to a third.',
  ),
  text(
    'Join the chromatograph by no more than 60 cm of capillary with an inside diameter of 0.13 mm. Earth its column oven and the mass spectrometer at the same point. The contact START needs a closing contact of at least 100 ms; READY opens while the instrument is neither in OPERATE nor free of errors, and stops the autosampler.',
  ),
  section('3.4 Standby and stop'),
  text(
    'Between runs use STANDBY: voltages off, heater at 120 °C, nitrogen reduced to 2 L/min, pumps on. The instrument may stay in standby for weeks; switching off overnight costs more in pumping than it saves. To stop it, choose Vacuum > Vent, wait for 9 min until the pumps have run down, and then switch the mains off. Close argon last.',
  ),
  chapter('4 Operation'),
  section('4.1 Tuning a compound'),
  steps(
    'Dissolve the compound to 200 ng/mL in equal parts of water and methanol with 0.1 % formic acid.',
    'Infuse at 10 µL/min through the syringe pump, joined to 300 µL/min of the mobile phase.',
    'Choose Tune > Compound, give the formula or the mass and the polarity.',
    'The instrument varies the cone voltage from 5 to 90 V and the collision energy from 3 to 70 eV, and stores the best value of each of four fragments.',
    'Reject fragments that come from the loss of water (18 u) when others are at hand; they are shared by too many compounds.',
  ),
  section('4.2 Building a method'),
  text(
    'Each pair of precursor and fragment is a transition with a dwell time of 2 to 500 ms. Choose the dwell times such that a chromatographic peak gets at least 12 points: with a peak of 6 s and twenty transitions this leaves 25 ms for each, of which 3 ms are dead time. Up to 480 transitions fit a method when they are tied to windows of retention time. Switching the polarity costs 15 ms.',
  ),
  section('4.3 Flow and source settings'),
  table({
    title: 'Table 2. Source settings by flow, electrospray',
    ruled: true,
    widths: [1.1, 1, 1, 1.1],
    head: ['Flow µL/min', 'Gas L/min', 'Heater °C', 'Needle kV'],
    rows: [
      ['5 to 20', '4', '200', '3.5'],
      ['20 to 100', '7', '300', '3.2'],
      ['100 to 400', '12', '400', '3.0'],
      ['400 to 800', '15', '450', '2.8'],
      ['800 to 1,500', '18', '550', '2.8'],
    ],
  }),
  note(
    'In negative polarity lower the needle voltage by 0.4 kV. A blue glow at the needle is a discharge: it lowers the signal and shows as V-304.',
  ),
  section('4.4 Quantitation and quality'),
  text(
    'Quantify with an internal standard, best with one labelled by three or more heavy atoms. A batch begins with two blanks and a system test: five injections of 10 pg of the test mix (QI-4415) must give areas with a relative deviation of at most 6 % and a signal-to-noise of at least 300. Put a control sample after each twenty samples; stop the batch if it deviates by more than 15 %. Carry-over in the blank after the highest standard must be under 0.1 % of its area.',
  ),
  section('4.5 The APCI source'),
  text(
    'Source AC evaporates the liquid in a quartz tube at 250 to 550 °C and ionises it by a discharge needle at a constant current of 2 to 8 µA. It suits compounds of low polarity up to m/z 1,000 and flows of 200 to 1,500 µL/min. Start with 450 °C and 4 µA. Exchange of the sources takes 5 min and needs no venting; the instrument recognises the source by its plug and loads the last settings. After an exchange let the heater settle for 15 min.',
  ),
  section('4.6 Mobile phases'),
  text(
    'Only volatile additives may reach the source. Phosphate, borate and sodium salts crystallise on the cone within minutes; if a method cannot do without them, divert the flow during their elution. Change aqueous phases every 5 days, since algae block the capillary, and never top up an old bottle. Wash the source with water and methanol, 1 to 1, for 15 min at 300 µL/min after the last sample of a day.',
  ),
  table({
    title: 'Table 3. Additives for the mobile phase',
    ruled: true,
    widths: [1.5, 1.1, 1.9],
    head: ['Additive', 'At most', 'Remark'],
    rows: [
      ['Formic acid', '0.2 %', 'first choice, positive'],
      ['Acetic acid', '0.5 %', 'weaker acid, both polarities'],
      ['Ammonium formate', '10 mmol/L', 'filter through 0.2 µm'],
      ['Ammonium acetate', '20 mmol/L', 'negative, neutral pH'],
      ['Ammonia', '0.1 %', 'negative; not with silica columns above pH 8'],
      ['Triethylamine', 'none', 'stays visible at m/z 102 for weeks'],
      ['Phosphate buffer', 'none', 'blocks the cone'],
    ],
  }),
  section('4.7 Running a batch'),
  steps(
    'Check solvent for the whole batch plus 20 %, and at least 500 mL of room in the waste bottle.',
    'Run the system test of section 4.4 and file its print with the batch.',
    'Enter the samples; the order is blank, standards from low to high, blank, samples, controls, standards again.',
    'Tick STANDBY AT END, so that the source cools down and the gas is saved.',
    'After the first five injections compare the areas of the internal standard. A fall of more than 20 % means that the cone collects matrix.',
    'At the end look for the status of each control before the results are released.',
  ),
  section('4.8 Judging a result'),
  text(
    'A compound counts as found when both its transitions rise at the same time, within 0.1 min of the standard, with a signal-to-noise of at least 3 for the weaker one, and when their ratio agrees with the standard within 20 %. Between the limit of detection (3) and the limit of quantitation (10) report the finding without a number. Never integrate a shoulder by hand in one sample only: change the rule of integration for the whole batch, so that standards and samples are treated alike.',
  ),
  text(
    'Matrix that elutes together with a compound lowers its signal, sometimes to a tenth. Infuse the compound at 10 µL/min behind the column and inject an extract without it: dips in the trace show where ions are suppressed. Move the peak out of a dip by a flatter gradient, or dilute the extract tenfold, which often gains more than it loses.',
  ),
];
