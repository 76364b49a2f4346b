<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ru_RU" sourcelanguage="en">
<context>
    <name></name>
    <message>
        <source>Open …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a folder …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Demo study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export the picture …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send films kept here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep with note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retake</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo the decision</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Set the projection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Newer film</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Older film</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Statistics of today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keys</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CriterionCard</name>
    <message>
        <source>defect {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>warns from {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DecisionPanel</name>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep with note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retake</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DecisionStrip</name>
    <message>
        <source>Not decided yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kept with note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retake</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Leaves in %n s</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
</context>
<context>
    <name>EmptyStage</name>
    <message>
        <source>No film yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drop DICOM files or folders here, or let them come from a watched folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open …  Ctrl+O</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the demo study</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n folder(s) watched</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Watch a folder …</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ErrorDialog</name>
    <message>
        <source>A mistake in the program</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Something went wrong inside the program.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Films and decisions are stored; go on working. Please pass this report to the support desk: it holds no patient data.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on working</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Errors</name>
    <message>
        <source>Something went wrong inside the program.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on working; copy the report from the Help menu for the support desk.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PNG of the film with what was found, its date and the cascade.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>with name, number and time (patient data)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Without it nothing in the picture or its file points to the patient.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save as …</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FilmActions</name>
    <message>
        <source>Fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whole film (double click)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1:1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One film pixel on one screen pixel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom in (wheel)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom out (wheel)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Left button sets brightness (up, down) and contrast (left, right); otherwise it moves the film</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Invert</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exchange black and white</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rotate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Turn a quarter clockwise, on screen only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mirror</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exchange left and right, on screen only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As the file wants it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Overlays</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show or hide everything drawn on the film</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FilmToolbar</name>
    <message>
        <source>Windows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Windows the file offers, and automatic ones</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Automatic, whole range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Automatic, without extremes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>LUT {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>W {0}  C {1}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>KeepPrompt</name>
    <message>
        <source>Keep with note: what should be known?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In your own words</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep with note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answers the clinical question</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Patient cannot be positioned better</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A repeat is not worth its dose</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device or dressing cannot be removed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Best of several attempts</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>KeysDialog</name>
    <message>
        <source>Keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Open films</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Films (*.dcm *.dicom *.ima *.png *.jpg *.jpeg *.tif *.tiff);;All files (*)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a folder of films</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Menus</name>
    <message>
        <source>&amp;File</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>F&amp;ilm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ProbabilityBar</name>
    <message>
        <source>Probability of a defect {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Probability of a defect {0}, warns from {1}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ProblemsPanel</name>
    <message>
        <source>Dismiss all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Program</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n problem(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ProjectionCard</name>
    <message>
        <source>Set the projection by hand (F2)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Projection: {0}, {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>by the header</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>set by you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not sure of the projection: look yourself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The header says {0}. Check the protocol and the patient.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By the model</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RetakePrompt</name>
    <message>
        <source>Retake: why?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note (not required)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retake</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ReviewCards</name>
    <message>
        <source>Loading the cascade …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Taking the film in …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for the analysis of another film …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Analysing …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Body part, greyscale, orientation, projection, lung fields, rotation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You need not wait: the three actions work now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Analysis unavailable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This film could not be analysed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look at the film yourself. Sending works as always.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all edges clear</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}: {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not sure: look yourself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bones look black. Press I to invert the view; check the file&apos;s header.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check patient and protocol. To analyse it all the same, set the projection.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What to do</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cascade {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Console</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Films</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sending</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As the system</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Colours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Room</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Radiographer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Watched folders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the one that came with the program</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cascade folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Test the connection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Host</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Port</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>AE title of the PACS</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>AE title of this console</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo is possible for</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Without a host nothing is sent: films are kept on this console.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder to watch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder with manifest.json</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give host and AE title first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asking …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answers in {0} ms.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The PACS needs an AE title.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This console needs an AE title.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another destination has this name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give the cascade folder with its whole path.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>State</name>
    <message>
        <source>in order</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>look here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not sure: look yourself</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not assessed</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>StatisticsDialog</name>
    <message>
        <source>Statistics of today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>received</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>to decide</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>accepted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>kept with note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>to repeat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sent out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing decided yet: no reject rate.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reject rate {0} ({1} of {2}; with this few films between {3} and {4})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Target {0}, act above {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why films were taken again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No film was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>With the cascade: {0} warned and taken again, {1} warned and sent all the same, {2} taken again without a warning, {3} without remarks on either side.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TopBar</name>
    <message>
        <source>quality-control aid, not for diagnosis</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>watched folder not reachable</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n folder(s) watched</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>{0} {1} Sending works as always.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>analysis unavailable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>analysis starting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>analysis ready</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Decided films are kept on this console. Set a destination in Settings.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no destination set</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>PACS not answering since {0}, %n waiting</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>PACS refused %n film(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>PACS: sent {0}, queue {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}: sent {1}, waiting {2}, failed {3}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next attempt at {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source>Frontal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lateral</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Projection unknown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>frontal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>lateral</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not a chest film</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chest film</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Greyscale inverted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bones are white</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Film not upright</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Film upright</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Projection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lung cut off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whole lung on the film</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chest rotated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chest not rotated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chest film?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bones white?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Film upright?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Projection?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whole lung on the film?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chest rotated?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Body part</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Greyscale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Film orientation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lung fields</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rotation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>left edge</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>right edge</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>upper edge</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>lower edge</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>patient&apos;s left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>patient&apos;s right</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>front of the chest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>back of the chest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>lung apex</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>lung base</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>about {0}°</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>about {0}° ± {1}°</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It looks mirrored. Check the side marker.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It looks mirrored and turned: {0}° clockwise would set it upright.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A turn of {0}° clockwise would set it upright.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not assessed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In order</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>retake</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sending failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>being sent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in the queue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>kept here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To be repeated: not sent.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kept here: not a DICOM file, a PACS cannot take it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kept here: no destination set.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kept here: sending was cancelled.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In the queue, tried without success.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In the queue.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent at {0}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not a chest film.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name the projection first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This cascade does not tell projections.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The file contradicts itself about black and white. Shown by its photometric interpretation.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Raw image (for processing): it may look unlike the final film.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The file holds several images: the first one is shown.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The file&apos;s header has a fault; the program read it all the same.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The image was compressed with loss.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A colour image, shown in grey.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The header names another projection.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another film here has the same identity but other content: check both.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not a DICOM file: no patient data, and it cannot be sent.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Worklist</name>
    <message>
        <source>analysing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%n reading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%n to decide</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>WorklistPanel</name>
    <message>
        <source>Films of today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Today</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
